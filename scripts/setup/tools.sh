#!/usr/bin/env bash
# The drivers of the tests in browsers: wasm-pack, wasm-bindgen’s test runner and geckodriver, built from crates.io into cargo's
# own folder, so that they also work when typed by hand.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

bin=${CARGO_HOME:-$HOME/.cargo}/bin
export PATH=$bin:$PATH

# wasm-pack downloads a wasm-bindgen of its own unless it finds exactly the version in Cargo.lock.
bindgen=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)

# They run for seconds however they are compiled; without optimisation, they build in half the time.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
export CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=true
# Each of their common crates is compiled once.
shared=$(mktemp -d)
trap 'rm -rf "$shared"' EXIT
export CARGO_TARGET_DIR=$shared

# program NAME CRATE VERSION OPTION…: builds it unless that version answers to the name.
program() {
  local name=$1 crate=$2 version=$3
  shift 3
  if [[ $("$name" --version 2>/dev/null) == *" $version"* ]]; then return; fi
  say "cargo install $crate $version (a minute on two cores)"
  # Outside the checkout, whose cargo settings are for the crate alone.
  (cd "$HOME" && cargo install -q "$crate" --version "$version" "$@") ||
    give_up "$crate could not be built." "cargo install $crate --version $version $*"
}

program wasm-pack wasm-pack 0.15.1 --locked
# Without --locked: the lock file in its crate pins older versions of its own siblings than the release needs. Its runner talks
# to a driver on this machine, so it needs no TLS; wasm-pack asks the command next to it for the version.
program wasm-bindgen-test-runner wasm-bindgen-cli "$bindgen" --no-default-features --bin wasm-bindgen --bin wasm-bindgen-test-runner
program geckodriver geckodriver 0.37.1 --locked
