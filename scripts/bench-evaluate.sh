#!/usr/bin/env bash
# Measures evaluation against the published procedure, with the same libtorch on the same machine, and writes every figure and
# ratio to target/bench-evaluate.json. Run it on a machine that does nothing else: about an hour on two cores. Arguments go to
# the benchmark, such as --shapes 10m --tokens 2048.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

scripts/setup.sh
. scripts/env.sh

# The Python package with all it links, in an environment of its own: 5 GB, of which the processor needs a tenth.
REFERENCE=${EVALUATE_PYTHON:-}
if [ -z "$REFERENCE" ]; then
	pins=$ROOT/offchain-validator/benches/evaluate/requirements.txt
	place=$CACHE/evaluate-reference
	REFERENCE=$place/bin/python
	if ! cmp -s "$pins" "$place/installed"; then
		echo "bench-evaluate: installing the reference's packages"
		python3 -m venv --clear "$place"
		"$REFERENCE" -m pip install --quiet --disable-pip-version-check -r "$pins"
		cp "$pins" "$place/installed"
	fi
fi

OUT=$CARGO_TARGET_DIR/bench-evaluate.json
WORK=$CARGO_TARGET_DIR/bench-evaluate
mkdir -p "$WORK"
# What a test build leaves slow would count as ours.
FAST=()
for crate in offchain-validator tch; do FAST+=(--config "profile.dev.package.$crate.opt-level=3"); done
cargo bench --locked --profile dev -p offchain-validator --bench evaluate "${FAST[@]}" -- \
	--threads "${THREADS:-$(nproc)}" --python "$REFERENCE" --work "$WORK" --out "$WORK/cases.json" "$@"
python3 - "$WORK/cases.json" "$OUT" "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" <<'END'
import datetime, json, os, sys

cases, out, processor, cores = sys.argv[1:]
found = {}
if os.path.exists(out):
    with open(out) as file:
        found = json.load(file)
with open(cases) as file:
    found["evaluation"] = json.load(file)["cases"]
found["machine"] = {"processor": processor, "cores": int(cores)}
found["date"] = datetime.date.today().isoformat()
with open(out, "w") as file:
    json.dump(found, file, indent="\t")
print("| model | tokens | reference, s | ours, s | ratio | step / three passes | forward / all |")
print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
for case in found["evaluation"]:
    ours, reference = case["ours"], case["reference"]
    theirs = f"{reference['seconds_window']:.2f}" if reference else "none"
    ratio = f"{case['ratio']:.2f}" if case["ratio"] else "none"
    tokens = case["tokens_per_batch"] * case["batches_per_set"]
    print(
        f"| {case['shape']} | {tokens} | {theirs} | {ours['seconds_window']:.2f} | {ratio} "
        f"| {ours['step_part_of_three_passes']:.1%} | {ours['forward_part_of_all']:.1%} |"
    )
END
echo "figures: $OUT"
