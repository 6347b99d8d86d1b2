#!/usr/bin/env bash
# The rivals of our benches: TensorFlow.js, as scripts/bench/rivals pins it, in an ignored folder of the checkout, and PyTorch.
# A machine with neither gets a message, and the benches continue without.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

folder=.tools/rivals
mkdir -p "$folder"
if [[ ! $folder/node_modules/.package-lock.json -nt scripts/bench/rivals/package-lock.json ]]; then
  say "TensorFlow.js into $folder (300 MB, half a minute)"
  cp scripts/bench/rivals/*.json .npmrc "$folder/"
  (cd "$folder" && npm ci --no-progress --loglevel=error && touch node_modules/.package-lock.json) ||
    say "TensorFlow.js could not be installed; the benches go on without it."
fi
scripts/setup/torch.sh || true
