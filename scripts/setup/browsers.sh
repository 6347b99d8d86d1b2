#!/usr/bin/env bash
# The browsers the tests drive: Firefox and Chromium, with Chromium's driver (Firefox's comes with tools.sh).
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

missing=()
have firefox || have firefox-esr || missing+=(firefox-esr)
have chromium || have google-chrome || have chromium-browser || missing+=(chromium)
have chromedriver || missing+=(chromium-driver)
if ((${#missing[@]})); then
  say "Browsers: ${missing[*]} (half a minute)"
  apt_install "${missing[@]}"
fi
