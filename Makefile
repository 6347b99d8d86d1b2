# Unrolled: `make serve` and `make test` do everything, starting from a fresh clone.
# Each set-up script installs only missing parts and prints its actions.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The set-up itself may just have installed cargo's programs.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

# All files: equations are compiled in.
rust_sources := $(shell find src scripts/build/glue -type f) Cargo.toml Cargo.lock .cargo/config.toml
page_sources := index.html $(shell find www -type f -not -path "www/vendor/*")
stages := format clippy clippy-f64 clippy-wasm native native-f64 wasm-test types node-test page-test

# Set-up comes before building, also under `make -j`.
.NOTPARALLEL:

.PHONY: help serve test soak build bench bench-data load accuracy etth1 forecasts setup setup-build setup-test check fmt pkg vendor clean $(stages)

help: ## This list.
	@grep -hE '^[a-z0-9 -]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([^:]+):.*## (.*)/  make \1\t\2/' | expand -t 21

# The page runs with the plain core; serve.mjs builds the relaxed one in the background.
serve: setup-build pkg/unrolled_bg.wasm vendor ## Set up, build, serve the page on loopback and print its address (PORT=8000).
	@node scripts/serve.mjs

test: setup ## Set up, build, and run every test; the last line counts them.
	@node scripts/test.mjs

soak: setup build ## Property tests with new random cases (ROUNDS=20), then every case of the page's tests in both browsers.
	@node scripts/soak.mjs

build: setup-build dist/unrolled.html ## Build dist/: the static site, and unrolled.html, the whole application in one file.

bench: setup pkg ## Measure our speed in both browsers, beside PyTorch, published implementations and TensorFlow.js (QUICK=1: six minutes; REPEATS=5).
	@scripts/setup/rivals.sh
	@scripts/bench/build.sh
	@node scripts/bench/run.mjs

bench-data: setup pkg vendor ## Time a million rows from file to model, and judging, in Node and both browsers (ROWS, REPEATS).
	@node scripts/bench/data.mjs

load: setup build ## Sizes, and milliseconds to the first chart in both browsers (REPEATS=7).
	@node scripts/bench/load.mjs

accuracy: setup pkg vendor ## Each preset's error on JFK and ETTh1 in both browsers, beside the naive ones (ETT=file).
	@node scripts/bench/accuracy.mjs $(ETT)

etth1: setup pkg vendor ## The published protocol on ETTh1 for every architecture, in as many browsers as cores; an hour (ETT=file).
	@node scripts/bench/etth1.mjs $(ETT)

forecasts: setup-build ## One press on public series, natively on all cores, beside baselines and statsforecast (BENCH=folder; QUICK=1; ABLATION=1).
	@cargo run --release --quiet --example forecasts -- "$(BENCH)"

setup: setup-build setup-test ## Install what is missing for all of these.

setup-build: ## Install what is missing to build and serve.
	@scripts/setup/rust.sh
	@scripts/setup/npm.sh

setup-test: ## Install what is missing to test: wasm-pack, browsers and their drivers.
	@scripts/setup/tools.sh
	@scripts/setup/browsers.sh

pkg: pkg/unrolled_relaxed_bg.wasm ## Build pkg/, the package for browsers and Node.
vendor: www/vendor/uPlot.esm.js ## Copy the page's libraries and samples into www/.

pkg/unrolled_bg.wasm: $(rust_sources) scripts/build/pkg.sh scripts/lib.sh package-lock.json
	@scripts/build/pkg.sh plain

pkg/unrolled_relaxed_bg.wasm: pkg/unrolled_bg.wasm
	@scripts/build/pkg.sh relaxed

www/vendor/uPlot.esm.js: package-lock.json scripts/build/vendor.mjs
	@node scripts/build/vendor.mjs
	@touch $@

dist/unrolled.html: pkg/unrolled_relaxed_bg.wasm www/vendor/uPlot.esm.js $(page_sources) $(wildcard scripts/build/*.mjs)
	@node scripts/build/dist.mjs

check: format clippy clippy-f64 clippy-wasm types ## Formatting, lints and types, without running anything.

fmt: ## Format the Rust sources.
	@cargo fmt --all

# The stages of `make test`, one by one.
format clippy clippy-f64 clippy-wasm native native-f64: ## One stage: formatting, lints, native tests.
	@node scripts/test.mjs $@
wasm-test: ## One stage: the tests that run in Firefox.
	@node scripts/test.mjs wasm
types: pkg vendor ## One stage: the page's modules, checked strictly by tsc.
	@node scripts/test.mjs types
node-test: pkg ## One stage: the package in Node.
	@node scripts/test.mjs node
page-test: pkg vendor build ## One stage: the page in Firefox and Chromium.
	@node scripts/test.mjs page

clean: ## Remove what was built here (the tools stay).
	rm -rf target pkg dist www/vendor
