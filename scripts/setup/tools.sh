#!/usr/bin/env bash
# tools.sh <program>...: builds tools around the compiler from crates.io into cargo's own folder, so that they work when
# typed by hand too.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

bin=${CARGO_HOME:-$HOME/.cargo}/bin
export PATH=$bin:$PATH

# wasm-pack downloads a wasm-bindgen of its own unless it finds exactly the version in Cargo.lock.
bindgen=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)

# program <name>: builds it unless the right version answers to that name.
program() {
  local crate version
  local -a options=(--locked)
  case $1 in
    wasm-pack) crate=wasm-pack version=0.15.1 ;;
    # Without --locked: the lock file in its crate pins versions that its own siblings of the same release have left.
    wasm-bindgen) crate=wasm-bindgen-cli version=$bindgen options=() ;;
    geckodriver) crate=geckodriver version=0.37.1 ;;
    *) give_up "No tool is called $1." ;;
  esac
  if [[ $("$1" --version 2>/dev/null) == *" $version"* ]]; then return; fi
  say "cargo install $crate $version (two to three minutes on two cores)"
  # Away from the checkout, whose cargo settings are for the crate alone.
  (cd "$HOME" && cargo install -q "$crate" --version "$version" "${options[@]}") ||
    give_up "$crate could not be built." "cargo install $crate --version $version ${options[*]}"
}

for name in "$@"; do program "$name"; done
