#!/usr/bin/env bash
# Lets a fuzzer look for input that a decoder of what strangers write cannot deal with.
#   fuzz.sh [SECONDS]   so long for each decoder; 10 if not said
#   fuzz.sh until-dry   each decoder until ten minutes in a row have reached no code that was not reached before; fails if
#                       that takes one more than an hour
# What it finds on its way is kept in the cache, and the next run goes on from there. FUZZ_SEED, 1 if not set, chooses the
# way: the same seed goes the same way from the same place.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

# A short look is not worth the minutes that an optimised build takes.
SPEED=()
case ${1:-10} in
until-dry)
	SLICE=60 DRY=600 MOST=3600
	SPEED=(--config profile.dev.package.offchain-validator.opt-level=2)
	;;
*[!0-9]*) fail "$1 is neither a number of seconds nor until-dry" ;;
*) SLICE=${1:-10} DRY=$SLICE MOST=$SLICE ;;
esac
FUZZ=$CARGO_TARGET_DIR/debug/fuzz
FOUND=$CACHE/fuzz

# The whole workspace is named, as test.sh does, so that what the decoders depend on is not compiled again. Of what stands
# before the compiler, cargo knows the name alone: a name by its content has everything compiled again when that changes.
build() {
	local wrapper=tests/hostile/instrument.sh copy
	copy=$CARGO_TARGET_DIR/instrument-$(sha256sum <"$wrapper" | cut -c 1-16)
	install -D -m 755 "$wrapper" "$copy"
	RUSTC_WORKSPACE_WRAPPER=$copy cargo build --locked --workspace \
		--features hostile/fuzzing --bin fuzz "${SPEED[@]}"
}

# One slice of time for one decoder. Fails when something was found that the decoder cannot deal with.
slice() { # decoder, seed
	mkdir -p "$folder/corpus"
	FUZZ_DECODER=$1 FUZZ_CORPUS=$folder/corpus "$FUZZ" -seed="$2" -max_total_time="$SLICE" -max_len=4096 \
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
	local folder=$FOUND/${1// /-} spent=0 idle=0 first before after
	while ((idle < DRY && spent < MOST)); do
		slice "$1" $((${FUZZ_SEED:-1} + spent))
		before=$(coverage INITED) after=$(coverage DONE)
		((after > 0)) || fail "$1: the fuzzer sees none of its code"
		: "${first:=$before}"
		((spent += SLICE, idle = after > before ? 0 : idle + SLICE)) || true
	done
	printf '%-16s %6s s  %5s branches reached, %s of them new; none in the last %s s\n' \
		"$1" "$spent" "$after" $((after - first)) "$idle"
	((MOST == SLICE || idle >= DRY)) || fail "$1 is not dry: new code was reached in the last $DRY s of $spent"
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
