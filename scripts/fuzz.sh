#!/usr/bin/env bash
# Lets a fuzzer look for input that a decoder of what strangers write cannot deal with.
#   fuzz.sh [SECONDS]   so long for each decoder; 10 if not said
#   fuzz.sh until-dry   each decoder for ten minutes, and again until ten minutes reach no code that was not reached before;
#                       an hour at most
# What it finds on its way is kept in the cache, and the next run goes on from there. FUZZ_SEED, 1 if not set, chooses the
# way: the same seed goes the same way from the same place.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

case ${1:-10} in
until-dry) SECONDS_EACH=600 MOST_SLICES=6 ;;
*[!0-9]*) fail "$1 is neither a number of seconds nor until-dry" ;;
*) SECONDS_EACH=${1:-10} MOST_SLICES=1 ;;
esac
FUZZ=$CARGO_TARGET_DIR/debug/fuzz
FOUND=$CACHE/fuzz

# The whole workspace is named, as test.sh does, so that what the decoders depend on is not compiled again.
build() {
	RUSTC_WORKSPACE_WRAPPER=$ROOT/tests/hostile/instrument.sh cargo build --locked --workspace \
		--features hostile/fuzzing --bin fuzz --config profile.dev.package.offchain-validator.opt-level=2
}

# One slice of time for one decoder. Fails when something was found that the decoder cannot deal with.
slice() { # decoder, seed
	mkdir -p "$folder/corpus"
	FUZZ_DECODER=$1 FUZZ_CORPUS=$folder/corpus "$FUZZ" -seed="$2" -max_total_time="$SECONDS_EACH" -max_len=4096 \
		-timeout=10 -rss_limit_mb=1024 -artifact_prefix="$folder/" "$folder/corpus" >"$folder/log" 2>&1 && return
	local input
	input=$(sed -n 's/.*Test unit written to //p' "$folder/log" | tail -n 1)
	grep -A 2 'panicked at' "$folder/log" >&2 || tail -n 5 "$folder/log" >&2
	fail "$1 fails; to see it again: FUZZ_DECODER='$1' $FUZZ $input"
}

coverage() { # INITED or DONE
	sed -n "s/.*\b$1 *cov: \([0-9]*\).*/\1/p" "$folder/log" | tail -n 1
}

search() { # decoder
	local folder=$FOUND/${1// /-} number before after
	for ((number = 0; number < MOST_SLICES; number++)); do
		slice "$1" $((${FUZZ_SEED:-1} + number))
		before=$(coverage INITED) after=$(coverage DONE)
		printf '%-16s %6s s  %5s branches reached, %s of them new\n' "$1" "$SECONDS_EACH" "$after" $((after - before))
		[ "$after" -gt "$before" ] || return 0
	done
}

build
decoders=$(FUZZ_DECODER='' "$FUZZ" 2>/dev/null)
# As many at a time as there are cores. What one finds ends none of the others.
searches=() result=0
while read -r decoder; do
	while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n || true; done
	search "$decoder" &
	searches+=($!)
done <<<"$decoders"
for search in "${searches[@]}"; do wait "$search" || result=1; done
exit "$result"
