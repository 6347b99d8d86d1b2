#!/usr/bin/env bash
# Debian's rustc-web, with a standard library for wasm built once from Debian's source, linked into rustup under a name
# and chosen for this checkout. Debian ships no such library for that compiler, and its packages' folders stay untouched:
# the toolchain is a folder of links and of one-line programs that pass it to the compiler as its sysroot.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

name=debian-web
home=${RUSTUP_HOME:-$HOME/.rustup}/$name
target=wasm32-unknown-unknown
host=$(uname -m)-unknown-linux-gnu

packages=(rustc-web cargo-web rust-web-src rust-web-llvm rustfmt-web rust-web-clippy)
missing=()
for package in "${packages[@]}"; do installed "$package" || missing+=("$package"); done
if ((${#missing[@]})); then
  say "Debian's Rust: ${missing[*]} (100 MB, about a minute)"
  apt_install "${missing[@]}"
fi

# The linker for wasm is Debian's lld; the link names the version for this rustc.
lld=/usr/bin/rust-lld
if [[ ! -x $lld ]]; then
  version=$(readlink "$lld" | grep -oE 'lld-[0-9]+' | head -1) || give_up "rustc-web brings no link to rust-lld."
  say "Debian's linker $version (about 10 seconds)"
  apt_install "$version"
fi

# Built again whenever Debian brings another rustc (a library works only with the compiler that built it) or this recipe changes.
wanted=$(/usr/bin/rustc -vV; dpkg-query -W rust-web-src; cksum <scripts/setup/rust-debian.sh)
if [[ $(cat "$home/built-for" 2>/dev/null) != "$wanted" ]]; then
  say "Building Rust's standard library for wasm from Debian's source (about a minute)"
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  rm -rf "$home"
  mkdir -p "$home/bin" "$home/lib/rustlib/$target/lib" "$scratch/src"
  ln -s "/usr/lib/rustlib/$host" "$home/lib/rustlib/$host"
  for program in cargo cargo-fmt rustfmt; do ln -s "/usr/bin/$program" "$home/bin/"; done
  for program in rustc rustdoc; do printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "%s" "$@"\n' "$program" "$home" >"$home/bin/$program"; done
  # clippy reads its sysroot from the environment, and finds its driver beside the real program.
  for program in cargo-clippy clippy-driver; do printf '#!/bin/sh\nSYSROOT="%s" exec /usr/bin/%s "$@"\n' "$home" "$program" >"$home/bin/$program"; done
  chmod +x "$home/bin/"{rustc,rustdoc,cargo-clippy,clippy-driver}

  printf '[package]\nname = "scratch"\nversion = "0.0.0"\nedition = "2021"\n[lib]\n' >"$scratch/Cargo.toml"
  : >"$scratch/src/lib.rs"
  # -Zbuild-std is unstable, and rustc accepts it only with RUSTC_BOOTSTRAP; only the library is built so.
  (cd "$scratch" && RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=target /usr/bin/cargo build -q --release \
    -Zbuild-std=std,panic_abort,test,proc_macro --target "$target") ||
    give_up "The standard library could not be built." "rustup target add $target"
  cp "$scratch/target/$target/release/deps/"lib*.rlib "$home/lib/rustlib/$target/lib/"
  rm -f "$home/lib/rustlib/$target/lib/"libscratch-*
  printf '%s\n' "$wanted" >"$home/built-for"
fi

[[ -e ${home%/*}/toolchains/$name ]] || rustup toolchain link "$name" "$home"
if [[ $(rustup show active-toolchain 2>/dev/null) != "$name"* ]]; then
  say "This checkout uses the Rust toolchain $name (undo: rustup override unset)"
  rustup override set "$name"
fi
