#!/usr/bin/env bash
# statsforecast and statsmodels for the reference numbers of the statistical baselines, in an ignored folder of the checkout.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

venv=.tools/baselines
if [[ -x $venv/bin/python ]] && "$venv/bin/python" -c 'import statsforecast' 2>/dev/null; then exit 0; fi
have python3 || give_up "Python is missing, so nothing is compared with statsforecast." "apt-get install python3-venv"

say "statsforecast into $venv (half a gigabyte; some minutes)"
python3 -m venv "$venv" || give_up "Python cannot make a virtual environment." "apt-get install python3-venv"
"$venv/bin/pip" install -q -r scripts/reference/requirements-baselines.txt ||
  give_up "statsforecast could not be installed." "$venv/bin/pip install -r scripts/reference/requirements-baselines.txt"
