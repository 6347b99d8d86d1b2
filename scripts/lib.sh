# Shared by the set-up scripts: how they speak, and how they become root.
# shellcheck shell=bash

# One line for the person who waits.
say() { printf '\033[1m== %s\033[0m\n' "$*"; }

# What could not be done and what a person can type instead; then gives up.
give_up() {
  printf '\n!! %s\n' "$1" >&2
  shift
  if (($#)); then
    printf '   What would do it:\n' >&2
    printf '     %s\n' "$@" >&2
  fi
  exit 1
}

# How the core is compiled with relaxed SIMD, in place of the flags in .cargo/config.toml, which are the plain build's.
# shellcheck disable=SC2034
relaxed_flags='-C target-feature=+simd128,+relaxed-simd -C llvm-args=-inline-threshold=50 -C llvm-args=-unroll-runtime=false -C no-vectorize-loops -C no-vectorize-slp'

# A hundredth to a twentieth slower than 3 in a browser, where SIMD is written by name, and 13 KB less for everyone to download.
# shellcheck disable=SC2034
wasm_level=2

have() { command -v "$1" >/dev/null 2>&1; }

# Installs Debian packages: as root directly, else by sudo, else names the command.
apt_install() {
  local -a sudo=()
  have apt-get || give_up "This needs packages by these Debian names: $*" "install what your system calls them"
  if [[ $(id -u) != 0 ]]; then
    # `sudo -n true` asks nothing: in a terminal sudo may ask for the password, elsewhere it must not hang.
    if have sudo && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
      sudo=(sudo)
    else
      give_up "Packages are missing and this is not root." "apt-get update && apt-get install --no-install-recommends $*"
    fi
  fi
  # Something else may be installing just now: it is waited for.
  local -a apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update ||
    give_up "The package lists could not be read." "apt-get update"
  "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null 2> >(grep -v 'apt-utils is not installed' >&2) ||
    give_up "Packages could not be installed." "apt-get install --no-install-recommends $*"
}

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# What browsers of the last years know and rustc's default for wasm uses, and SIMD.
wasm_features=(simd bulk-memory nontrapping-float-to-int sign-ext mutable-globals multivalue reference-types)

# optimise WASM BINARYEN_FEATURE…: makes it smaller and faster, in its place.
optimise() {
  local wasm=$1
  shift
  # -O3 rearranges integers and control flow only: floating-point results stay as they are, bit by bit. Over and over until
  # nothing changes (--converge), the wasm is a kilobyte smaller packed, for some seconds more.
  node_modules/.bin/wasm-opt -O3 --converge "${wasm_features[@]/#/--enable-}" "$@" "$wasm" -o "$wasm.optimised"
  mv "$wasm.optimised" "$wasm"
}

# Our own program that writes the JavaScript around a wasm (scripts/build/glue). Flags for wasm are none of its.
# shellcheck disable=SC2191
build_glue=(env RUSTFLAGS= CARGO_TARGET_DIR=target cargo build -q --profile tool --package glue)

# glue WASM FOLDER: writes a compiled wasm, and the JavaScript and the types around it, into a folder.
glue() {
  "${build_glue[@]}"
  target/tool/glue "$@"
}
