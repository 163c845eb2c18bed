#!/usr/bin/env bash
# Tokens that it takes to rank miners on pages of their own, on shared pages, and by the sequential rule; --help lists the
# flags. Writes bench-ranking.json and the charts into target/, or where --out says. docs/performance.md has the figures.
set -euo pipefail
. "$(dirname "$0")/env.sh"

"$ROOT/scripts/setup.sh"
# The profile of the tests, whose build is at hand: what takes the time is libtorch.
cd "$ROOT" && exec cargo bench --locked --profile dev -p offchain-validator --bench ranking -- "$@"
