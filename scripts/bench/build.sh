#!/usr/bin/env bash
# What `make bench` runs beside the package: the example `bench` natively, for this very processor, and `bench_web` for
# browsers, plain and with relaxed SIMD, into .tools/bench/ (served by the bench, never shipped).
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

out=.tools/bench
mkdir -p "$out"

say "Building the benches natively (a minute the first time)"
RUSTFLAGS="-C target-cpu=native" CARGO_TARGET_DIR=target/bench cargo build -q --release --example bench
cp target/bench/release/examples/bench "$out/native"

# web <name> <target features>: a build of its own folder, since other flags would build everything anew each time.
web() {
  say "Building the benches for browsers, $1 (a minute the first time)"
  RUSTFLAGS="-C target-feature=$2" CARGO_TARGET_DIR="target/bench-$1" \
    cargo build -q --release --target wasm32-unknown-unknown --example bench_web
  wasm-bindgen --target web --no-typescript --out-dir "$out/$1" \
    "target/bench-$1/wasm32-unknown-unknown/release/examples/bench_web.wasm"
  local -a features=(simd bulk-memory nontrapping-float-to-int sign-ext mutable-globals multivalue reference-types)
  [[ $1 == relaxed ]] && features+=(relaxed-simd)
  node_modules/.bin/wasm-opt -O3 "${features[@]/#/--enable-}" "$out/$1/bench_web_bg.wasm" -o "$out/$1/optimised.wasm"
  mv "$out/$1/optimised.wasm" "$out/$1/bench_web_bg.wasm"
}
web plain +simd128
web relaxed +simd128,+relaxed-simd
