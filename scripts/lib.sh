# Shared by the set-up scripts: their messages, and becoming root.
# shellcheck shell=bash

# One line for a waiting person.
say() { printf '\033[1m== %s\033[0m\n' "$*"; }

# Prints the failure and a command to type instead, and exits.
give_up() {
  printf '\n!! %s\n' "$1" >&2
  shift
  if (($#)); then
    printf '   What would do it:\n' >&2
    printf '     %s\n' "$@" >&2
  fi
  exit 1
}

# Flags of the core with relaxed SIMD, in place of the plain build's in .cargo/config.toml.
# shellcheck disable=SC2034
relaxed_flags='-C target-feature=+simd128,+relaxed-simd -C llvm-args=-inline-threshold=50 -C llvm-args=-unroll-runtime=false -C no-vectorize-loops -C no-vectorize-slp'

# 1 to 5 % slower than 3 in a browser, where SIMD is explicit, and 13 KB smaller.
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
  # Another installation may be running: wait for it.
  local -a apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update ||
    give_up "The package lists could not be read." "apt-get update"
  "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null 2> >(grep -v 'apt-utils is not installed' >&2) ||
    give_up "Packages could not be installed." "apt-get install --no-install-recommends $*"
}

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# Features that recent browsers support and rustc's default for wasm uses, and SIMD.
wasm_features=(simd bulk-memory nontrapping-float-to-int sign-ext mutable-globals multivalue reference-types)

# optimise WASM BINARYEN_FEATURE…: makes it smaller and faster, in place.
optimise() {
  local wasm=$1
  shift
  # -O3 rearranges integers and control flow only: floating-point results stay the same, bit by bit. --converge repeats it until
  # nothing changes, in some more seconds.
  node_modules/.bin/wasm-opt -O3 --converge "${wasm_features[@]/#/--enable-}" "$@" "$wasm" -o "$wasm.optimised"
  mv "$wasm.optimised" "$wasm"
}

# Our own program that writes the JavaScript around a wasm (scripts/build/glue), without the flags for wasm.
# shellcheck disable=SC2191
build_glue=(env RUSTFLAGS= CARGO_TARGET_DIR=target cargo build -q --profile tool --package glue)

# glue WASM FOLDER: writes a compiled wasm with its JavaScript and types into a folder.
glue() {
  "${build_glue[@]}"
  target/tool/glue "$@"
}
