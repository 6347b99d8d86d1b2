#!/usr/bin/env bash
# The package: pkg/, as browsers and Node import it. One JavaScript for two builds of the wasm: plain SIMD, whose results are
# the same on every machine, and relaxed SIMD, which may fuse a multiplication with an addition and is faster by it.
# wasm-pack builds them; binaryen makes them smaller and faster.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

# What browsers of the last years know and rustc's default for this target uses, and SIMD.
features=(simd bulk-memory nontrapping-float-to-int sign-ext mutable-globals multivalue reference-types)

# optimise FOLDER BINARYEN_FEATURE…
optimise() {
  local wasm=$1/unrolled_bg.wasm
  shift
  # -O3 rearranges integers and control flow only: floating-point results stay as they are, bit by bit. Over and over until
  # nothing changes (--converge), the wasm is a kilobyte smaller packed, for some seconds more.
  node_modules/.bin/wasm-opt -O3 --converge "${features[@]/#/--enable-}" "$@" "$wasm" -o "$wasm.optimised"
  mv "$wasm.optimised" "$wasm"
}

wasm_pack() { CARGO_PROFILE_RELEASE_OPT_LEVEL=$wasm_level wasm-pack --log-level error build --target web --release --out-dir "$1"; }

plain=target/package
relaxed=target/relaxed/package
rm -rf "$plain" "$relaxed"

say "Building the core for wasm with plain SIMD (a minute the first time)"
wasm_pack "$plain"
optimise "$plain"

say "Building it with relaxed SIMD (a minute the first time)"
# Flags of the environment take the place of those in .cargo/config.toml; a folder of its own, so that neither build throws away
# what the other has compiled.
RUSTFLAGS=$relaxed_flags CARGO_TARGET_DIR=target/relaxed wasm_pack "$relaxed"
optimise "$relaxed" --enable-relaxed-simd

# Both wasm files are started by the same JavaScript, so it must be the same: code that only one of them has may call nothing
# of JavaScript that the other does not.
for glue in unrolled.js unrolled.d.ts unrolled_bg.wasm.d.ts; do
  diff "$plain/$glue" "$relaxed/$glue" >&2 ||
    give_up "The two builds of the wasm want different JavaScript: see the difference in $glue above."
done

# Only what is whole is put in place.
mkdir -p pkg
cp "$relaxed/unrolled_bg.wasm" pkg/unrolled_relaxed_bg.wasm
cp "$plain"/{unrolled.js,unrolled.d.ts,unrolled_bg.wasm.d.ts,package.json,.gitignore} pkg/
# Last, because its presence tells make that pkg/ is complete.
cp "$plain/unrolled_bg.wasm" pkg/unrolled_bg.wasm
