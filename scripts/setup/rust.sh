#!/usr/bin/env bash
# Makes `cargo` in this checkout able to build for wasm32-unknown-unknown, with rustfmt and clippy.
# An ordinary machine asks rustup for the target; where rustup cannot download, Debian's toolchain does (rust-debian.sh).
# WASM_TOOLCHAIN=debian goes straight there.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

have rustup || give_up "rustup is missing." "see https://rustup.rs"

# Debian's may have been upgraded, so its script checks again.
if [[ ${WASM_TOOLCHAIN:-} == debian || $(rustup show active-toolchain 2>/dev/null) == debian-web* ]]; then
  exec scripts/setup/rust-debian.sh
fi

works() {
  local sysroot
  sysroot=$(rustc --print sysroot 2>/dev/null) &&
    compgen -G "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib" >/dev/null &&
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1
}

if works; then exit 0; fi

say "rustup: adding the target wasm32-unknown-unknown, rustfmt and clippy (a few seconds)"
# A network that drops packets would make this wait for ever.
if timeout 300 rustup target add wasm32-unknown-unknown && timeout 300 rustup component add rustfmt clippy && works; then
  exit 0
fi

have apt-get || give_up "rustup cannot add what is missing." "rustup target add wasm32-unknown-unknown && rustup component add rustfmt clippy"
say "rustup cannot add it here; taking Debian's Rust instead"
exec scripts/setup/rust-debian.sh
