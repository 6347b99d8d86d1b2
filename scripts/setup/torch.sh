#!/usr/bin/env bash
# PyTorch for comparison, in an ignored folder of the checkout. Only the benches and the reference scripts use it, so a machine
# without Python gets a message and continues.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

venv=.tools/reference
if [[ -x $venv/bin/python ]] && "$venv/bin/python" -c 'import torch' 2>/dev/null; then exit 0; fi
have python3 || give_up "Python is missing, so nothing is compared with PyTorch." "apt-get install python3-venv, then make bench"

say "PyTorch into $venv (some gigabytes; several minutes)"
python3 -m venv "$venv" || give_up "Python cannot make a virtual environment." "apt-get install python3-venv"
"$venv/bin/pip" install -q -r scripts/reference/requirements.txt ||
  give_up "PyTorch could not be installed." "$venv/bin/pip install -r scripts/reference/requirements.txt"
