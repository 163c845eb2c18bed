#!/usr/bin/env bash
# Measures gathering 256 objects of 2 MB from an S3 server on this machine against plain concurrent reads of the same objects,
# and adds the figures to target/bench-evaluate.json. All of it optimised, without libtorch: it has no part in this.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"

OUT=$CARGO_TARGET_DIR/bench-evaluate.json
FIGURES=$CARGO_TARGET_DIR/bench-gather.json
mkdir -p "$CARGO_TARGET_DIR"
GATHER_JSON=$FIGURES SKIP_WASM_BUILD=1 \
	cargo bench --locked -p offchain-validator --no-default-features --bench gather
python3 - "$FIGURES" "$OUT" <<'END'
import json, os, sys

figures, out = sys.argv[1:]
found = {}
if os.path.exists(out):
    with open(out) as file:
        found = json.load(file)
with open(figures) as file:
    found["gather"] = json.load(file)
with open(out, "w") as file:
    json.dump(found, file, indent="\t")
END
echo "figures: $OUT"
