#!/usr/bin/env bash
# PyTorch and published implementations for comparison, in an ignored folder of the checkout. Only the benches and the reference
# scripts use them, so a machine without Python gets a message and continues.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

venv=.tools/reference
wanted=(scripts/reference/requirements.txt scripts/reference/requirements-alone.txt)
# The lists that it was made by, so that a longer list is installed too.
made=$venv/installed.txt
if cat "${wanted[@]}" | cmp -s - "$made"; then exit 0; fi
have python3 || give_up "Python is missing, so nothing is compared with PyTorch." "apt-get install python3-venv, then make bench"

say "PyTorch into $venv (some gigabytes; several minutes)"
python3 -m venv "$venv" || give_up "Python cannot make a virtual environment." "apt-get install python3-venv"
"$venv/bin/pip" install -q -r "${wanted[0]}" && "$venv/bin/pip" install -q --no-deps -r "${wanted[1]}" ||
  give_up "PyTorch and the published implementations could not all be installed." "$venv/bin/pip install -r ${wanted[0]} && $venv/bin/pip install --no-deps -r ${wanted[1]}"
cat "${wanted[@]}" >"$made"
