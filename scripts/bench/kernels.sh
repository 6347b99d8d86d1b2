#!/usr/bin/env bash
# What is timed beside whole training steps (examples/kernels.rs), for both builds of the wasm, into target/kernels/.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

for build in plain relaxed; do
  say "Building the kernels for the bench ($build)"
  flags="-C target-feature=+simd128"
  [[ $build == relaxed ]] && flags+=",+relaxed-simd"
  RUSTFLAGS=$flags cargo build -q --release --target wasm32-unknown-unknown --target-dir "target/$build" --example kernels
  wasm-bindgen --target web --no-typescript --out-dir "target/kernels/$build" \
    "target/$build/wasm32-unknown-unknown/release/examples/kernels.wasm"
done
