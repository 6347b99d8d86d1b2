#!/usr/bin/env bash
# The matrix products alone (examples/kernels.rs), for both builds of the wasm, into target/kernels/.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

# kernels NAME FOLDER: built where pkg.sh builds the package with the same flags.
kernels() {
  say "Building the kernels for the bench, $1"
  CARGO_PROFILE_RELEASE_OPT_LEVEL=$wasm_level CARGO_TARGET_DIR=$2 cargo build -q --release --target wasm32-unknown-unknown --example kernels
  glue "$2/wasm32-unknown-unknown/release/examples/kernels.wasm" "target/kernels/$1"
}
kernels plain target
RUSTFLAGS=$relaxed_flags kernels relaxed target/relaxed
