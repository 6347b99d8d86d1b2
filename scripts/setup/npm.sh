#!/usr/bin/env bash
# The page's libraries and the tools around it, as package-lock.json pins them.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

have node || give_up "Node is missing (20 or newer)." "see https://nodejs.org"
major=$(node -p 'process.versions.node.split(".")[0]')
((major >= 20)) || give_up "Node $major is too old: 20 or newer is needed." "see https://nodejs.org"

# npm writes this file last, with a list of its packages.
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  say "npm ci (about 15 seconds)"
  npm ci --no-progress --loglevel=error || give_up "npm packages could not be installed." "npm ci"
  touch node_modules/.package-lock.json
fi
