#!/usr/bin/env bash
# The benches' own builds: the example `bench` natively, for this processor, and `bench_web` for browsers, plain and with relaxed
# SIMD, into .tools/bench/ (served by the bench, never shipped).
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

out=.tools/bench
mkdir -p "$out"

say "Building the benches natively (a minute the first time)"
RUSTFLAGS="-C target-cpu=native" CARGO_TARGET_DIR=target/bench cargo build -q --release --example bench
cp target/bench/release/examples/bench "$out/native"

# web NAME FOLDER BINARYEN_FEATURE…: built in the folder where pkg.sh builds the package with the same flags.
web() {
  local name=$1 target=$2
  shift 2
  say "Building the benches for browsers, $name (a minute the first time)"
  CARGO_PROFILE_RELEASE_OPT_LEVEL=$wasm_level CARGO_TARGET_DIR=$target cargo build -q --release --target wasm32-unknown-unknown --example bench_web
  glue "$target/wasm32-unknown-unknown/release/examples/bench_web.wasm" "$out/$name"
  optimise "$out/$name/bench_web_bg.wasm" "$@"
}
web plain target
RUSTFLAGS=$relaxed_flags web relaxed target/relaxed --enable-relaxed-simd

# The matrix products alone.
if [[ -x scripts/bench/kernels.sh ]]; then scripts/bench/kernels.sh; fi
