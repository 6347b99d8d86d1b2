#!/usr/bin/env bash
# The package: pkg/, as browsers and Node import it. One JavaScript for two builds of the wasm: plain SIMD, whose results are
# the same on every machine, and relaxed SIMD, which may fuse a multiplication with an addition and is therefore faster.
# `pkg.sh plain` makes a working package with that build alone; `pkg.sh relaxed` completes it.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

# A folder of this run alone: pkg/ never holds incomplete files, and two runs at once do not interfere.
mkdir -p target pkg
scratch=$(mktemp -d target/package.XXXXXX)
# shellcheck disable=SC2046
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

# core FOLDER: compiles it for wasm into this target folder, and writes it with its JavaScript into the scratch.
core() {
  CARGO_PROFILE_RELEASE_OPT_LEVEL=$wasm_level CARGO_TARGET_DIR=$1 cargo build -q --lib --release --target wasm32-unknown-unknown
  glue "$1/wasm32-unknown-unknown/release/unrolled.wasm" "$scratch"
}

# says BUILD…: lists the finished builds for the page (www/core/wasm.js).
says() {
  local names
  names=$(printf ", '%s'" "$@")
  printf '/** The builds of the core that are here. @type {(%s)[]} */\nexport const builds = [%s];\n' \
    "'plain' | 'relaxed'" "${names:2}" >"$scratch/builds.js"
  mv "$scratch/builds.js" pkg/
}

# field NAME: a field of the package in Cargo.toml.
field() { sed -n '/^\[package\]$/,/^$/s/^'"$1"' = \("[^"]*"\)$/\1/p' Cargo.toml; }

plain() {
  say "Building the core for wasm with plain SIMD (a minute or two the first time)"
  # In parallel with the core's libraries, at a lower priority: the core itself is compiled by one thread, which leaves a processor free.
  nice "${build_glue[@]}" &
  core target
  optimise "$scratch/unrolled_bg.wasm"
  cat >"$scratch/package.json" <<JSON
{
  "name": $(field name),
  "version": $(field version),
  "description": $(field description),
  "license": $(field license),
  "type": "module",
  "main": "unrolled.js",
  "types": "unrolled.d.ts",
  "files": ["*.js", "*.d.ts", "*.wasm"],
  "sideEffects": false
}
JSON
  # A relaxed build of other sources would need other JavaScript.
  says plain
  rm -f pkg/unrolled_relaxed_bg.wasm
  mv "$scratch"/{unrolled.js,unrolled.d.ts,unrolled_bg.wasm.d.ts,package.json} pkg/
  # Last, because its presence tells make that the rest is complete.
  mv "$scratch/unrolled_bg.wasm" pkg/
}

relaxed() {
  say "Building it with relaxed SIMD (a minute the first time)"
  # Flags of the environment replace those in .cargo/config.toml; a separate folder, so that neither build discards the other's
  # results.
  RUSTFLAGS=$relaxed_flags core target/relaxed
  # Both wasm files share their JavaScript, so it must be equal: code in only one of them may import nothing from JavaScript that
  # the other does not.
  local file
  for file in unrolled.js unrolled.d.ts unrolled_bg.wasm.d.ts; do
    diff "pkg/$file" "$scratch/$file" >&2 ||
      give_up "The two builds of the wasm want different JavaScript: see the difference in $file above."
  done
  optimise "$scratch/unrolled_bg.wasm" --enable-relaxed-simd
  says plain relaxed
  # Last, because its presence tells make that pkg/ is complete.
  mv "$scratch/unrolled_bg.wasm" pkg/unrolled_relaxed_bg.wasm
}

case ${1:-} in
  plain | relaxed) "$1" ;;
  *) give_up "Which build: plain or relaxed?" "make pkg" ;;
esac
