#!/usr/bin/env bash
# The package: pkg/, as browsers and Node import it. One JavaScript for two builds of the wasm: plain SIMD, whose results are
# the same on every machine, and relaxed SIMD, which may fuse a multiplication with an addition and is faster by it.
# `pkg.sh plain` makes a package that works, with that build alone; `pkg.sh relaxed` completes it.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

# A folder of this run alone: what is not whole never stands in pkg/, and two runs at once do not meet.
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

# says BUILD…: which builds are here, for the page (www/core/wasm.js).
says() {
  local names
  names=$(printf ", '%s'" "$@")
  printf '/** The builds of the core that are here. @type {(%s)[]} */\nexport const builds = [%s];\n' \
    "'plain' | 'relaxed'" "${names:2}" >"$scratch/builds.js"
  mv "$scratch/builds.js" pkg/
}

# field NAME: what Cargo.toml says of the package.
field() { sed -n '/^\[package\]$/,/^$/s/^'"$1"' = \("[^"]*"\)$/\1/p' Cargo.toml; }

plain() {
  say "Building the core for wasm with plain SIMD (a minute or two the first time)"
  # Beside the core's libraries, after them in rank: the core itself is compiled by one thread, and leaves a processor free.
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
  # A relaxed build of other sources would want other JavaScript.
  says plain
  rm -f pkg/unrolled_relaxed_bg.wasm
  mv "$scratch"/{unrolled.js,unrolled.d.ts,unrolled_bg.wasm.d.ts,package.json} pkg/
  # Last, because its presence tells make that the rest is there.
  mv "$scratch/unrolled_bg.wasm" pkg/
}

relaxed() {
  say "Building it with relaxed SIMD (a minute the first time)"
  # Flags of the environment take the place of those in .cargo/config.toml; a folder of its own, so that neither build throws
  # away what the other has compiled.
  RUSTFLAGS=$relaxed_flags core target/relaxed
  # Both wasm files are started by the same JavaScript, so it must be the same: code that only one of them has may call nothing
  # of JavaScript that the other does not.
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
