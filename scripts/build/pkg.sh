#!/usr/bin/env bash
# The package: pkg/, as browsers and Node import it. wasm-pack builds it; binaryen makes the wasm smaller and faster.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

say "Building the core for wasm (a minute the first time)"
wasm-pack --log-level error build --target web --release

# What browsers of the last years know and rustc's default for this target uses, and simd128 (.cargo/config.toml).
features=(simd bulk-memory nontrapping-float-to-int sign-ext mutable-globals multivalue reference-types)
# -O3 rearranges integers and control flow only: floating-point results stay as they are, bit by bit.
node_modules/.bin/wasm-opt -O3 "${features[@]/#/--enable-}" pkg/unrolled_bg.wasm -o pkg/optimised.wasm
mv pkg/optimised.wasm pkg/unrolled_bg.wasm
