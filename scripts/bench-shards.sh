#!/usr/bin/env bash
# Measures how fast text becomes token shards, and shards become batches, beside the same in Python with the same tokenizer.
# Prints the medians and writes them to target/bench-shards.json.
#   bench-shards.sh [PATH...]    text to cut [default: the sources of the build's dependencies]
#   BYTES=N ROUNDS=N             how much of it [32 MB], how often [5]
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

BYTES=${BYTES:-33554432}
VOCABULARY=32000
PACKAGES=(tokenizers==0.22.2 numpy==2.3.5)
folder=$CARGO_TARGET_DIR/bench-shards
place=$CACHE/bench-shards-$(echo "${PACKAGES[@]}" | sha256sum | cut -c1-12)
sources=("$@")
[ ${#sources[@]} -gt 0 ] || sources=("${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/)

if [ ! -d "$place" ]; then
	python3 -c 'import ensurepip, venv' 2>/dev/null || {
		. "$ROOT/scripts/packages.sh"
		install_packages python3-venv
	}
	echo "bench-shards: installing ${PACKAGES[*]}" >&2
	mkdir -p "$CACHE"
	rm -rf "$place.new"
	{ python3 -m venv "$place.new" &&
		"$place.new/bin/python" -m pip install --disable-pip-version-check --no-deps "${PACKAGES[@]}"; } \
		>"$CACHE/bench-shards.log" 2>&1 || fail "could not install ${PACKAGES[*]}: see $CACHE/bench-shards.log"
	mv -T "$place.new" "$place"
fi

mkdir -p "$folder"
prepared=$(echo "$BYTES $VOCABULARY ${sources[*]}" | cat - offchain-validator/benches/shards.py | sha256sum)
if [ "$(cat "$folder/prepared" 2>/dev/null)" != "$prepared" ]; then
	echo "bench-shards: gathering $BYTES bytes of text and training a tokenizer on them" >&2
	"$place/bin/python" offchain-validator/benches/shards.py prepare "$BYTES" $VOCABULARY \
		"$folder/text.jsonl" "$folder/tokenizer.json" "${sources[@]}"
	echo "$prepared" >"$folder/prepared"
fi

# The dependencies that count are optimised in every build; here our own code is, too.
SHARDS_PYTHON=$place/bin/python SHARDS_FOLDER=$folder SHARDS_ROUNDS=${ROUNDS:-5} \
	SHARDS_REPORT=$CARGO_TARGET_DIR/bench-shards.json \
	cargo bench --locked --profile dev --config profile.dev.package.offchain-validator.opt-level=3 \
	-p offchain-validator --bench shards
