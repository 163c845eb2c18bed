#!/usr/bin/env bash
# Measures what a validator spends its time on against named alternatives: both sides in turn, in the same run on this machine,
# with the same data. Prints the figures, and adds them, with every ratio, to target/bench-evaluate.json. Run it on a machine
# that does nothing else.
#   bench-evaluate.sh                       all parts: some two hours on two cores
#   bench-evaluate.sh PART [ARGUMENT...]    one of them; arguments go to its benchmark
# Parts:
#   evaluation   16 miners' updates, against the published procedure in PyTorch; --shapes 10m --tokens 2048 for one case
#   codec        encoding and decoding a gradient of 125 million parameters, against PyTorch
#   gather       256 objects of 2 MB from an S3 server, against plain concurrent reads
#   shards       text to token shards and back, against the same tokenizer in Python; paths name other text
#   ranking      tokens that it takes to rank miners, against the published sampling; draws the charts beside the figures
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

PARTS=(evaluation codec gather shards ranking)
OUT=$ROOT/target/bench-evaluate.json
WORK=$CARGO_TARGET_DIR/bench-evaluate
# Text that shards are cut from, and the size of its tokenizer's vocabulary.
BYTES=33554432
VOCABULARY=32000

# The other sides' Python packages with all they link, in an environment of its own: 5 GB, of which a processor needs a tenth.
python_packages() {
	local pins=$ROOT/offchain-validator/benches/requirements.txt place=$CACHE/reference
	PYTHON=${REFERENCE_PYTHON:-}
	[ -z "$PYTHON" ] || return 0
	PYTHON=$place/bin/python
	! cmp -s "$pins" "$place/installed" || return 0
	python3 -c 'import ensurepip, venv' 2>/dev/null || {
		. "$ROOT/scripts/packages.sh"
		install_packages python3-venv
	}
	echo "bench-evaluate: installing the reference's packages" >&2
	python3 -m venv "$place"
	"$PYTHON" -m pip install --quiet --disable-pip-version-check -r "$pins" ||
		fail "could not install the packages of $pins"
	cp "$pins" "$place/installed"
}

# The build of the tests, which has all dependencies that count optimised; here our own code is, too: what a test build
# leaves slow would count as ours. The whole workspace is named, so that nothing else is compiled again.
bench() { # name, argument...
	local fast=() crate
	for crate in offchain-validator tch; do fast+=(--config "profile.dev.package.$crate.opt-level=3"); done
	SKIP_WASM_BUILD=1 cargo bench --locked --profile dev --workspace "${fast[@]}" --bench "$1" -- "${@:2}"
}

evaluation() {
	bench evaluate --threads "${THREADS:-$(nproc)}" --python "$PYTHON" --work "$WORK" --out "$WORK/evaluation.json" "$@"
}

codec() {
	REFERENCE_PYTHON=$PYTHON CODEC_FIGURES=$WORK/codec.json bench codec "$@"
}

# All of it optimised, as the library that it is held against, and without libtorch, which has no part in this.
gather() {
	GATHER_JSON=$WORK/gather.json SKIP_WASM_BUILD=1 \
		cargo bench --locked -p offchain-validator --no-default-features --bench gather -- "$@"
}

shards() {
	local script=offchain-validator/benches/shards.py prepared
	[ $# -gt 0 ] || set -- "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/
	prepared=$(echo "$BYTES $VOCABULARY $*" | cat - "$script" | sha256sum)
	if [ "$(cat "$WORK/shards/prepared" 2>/dev/null)" != "$prepared" ]; then
		echo "bench-evaluate: gathering $BYTES bytes of text and training a tokenizer on them" >&2
		mkdir -p "$WORK/shards"
		"$PYTHON" "$script" prepare "$BYTES" "$VOCABULARY" "$WORK/shards/text.jsonl" "$WORK/shards/tokenizer.json" "$@"
		echo "$prepared" >"$WORK/shards/prepared"
	fi
	SHARDS_PYTHON=$PYTHON SHARDS_FOLDER=$WORK/shards SHARDS_REPORT=$WORK/shards.json bench shards
}

ranking() {
	bench ranking --out "$ROOT/target" "$@"
	mv "$ROOT/target/bench-ranking.json" "$WORK/ranking.json"
}

# Adds a part's figures to those of the others, with the machine and the day.
keep() { # part
	python3 - "$1" "$WORK/$1.json" "$OUT" "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" <<-'END'
		import datetime, json, os, sys

		part, figures, out, processor, cores = sys.argv[1:]
		found = {}
		if os.path.exists(out):
		    with open(out) as file:
		        found = json.load(file)
		with open(figures) as file:
		    measured = json.load(file)
		machine = {"processor": processor, "cores": int(cores)}
		found[part] = {"date": datetime.date.today().isoformat(), "machine": machine, "figures": measured}
		with open(out, "w") as file:
		    json.dump(found, file, indent="\t")
		if part == "evaluation":
		    print("| model | tokens | reference, s | ours, s | ratio | step / three passes | forward / all |")
		    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
		    for case in measured["cases"]:
		        ours, theirs = case["ours"], case["reference"] or {"seconds_window": float("nan")}
		        print(
		            f"| {case['shape']} | {case['tokens_per_batch'] * case['batches_per_set']} "
		            f"| {theirs['seconds_window']:.2f} | {ours['seconds_window']:.2f} | {case['ratio'] or float('nan'):.2f} "
		            f"| {ours['step_part_of_three_passes']:.1%} | {ours['forward_part_of_all']:.1%} |"
		        )
	END
	echo "figures: $OUT"
}

case ${1:-} in
"") ;;
evaluation | codec | gather | shards | ranking) PARTS=("$1") ;;
*) fail "there is no part $1: the parts are ${PARTS[*]}" ;;
esac
shift $(($# > 0))

scripts/setup.sh
# Set-up may have changed which toolchain builds the wasm.
. scripts/env.sh
python_packages
mkdir -p "$WORK" "$ROOT/target"
for part in "${PARTS[@]}"; do
	printf '\n== %s\n' "$part"
	"$part" "$@"
	keep "$part"
done
