#!/usr/bin/env bash
# Everything that must hold before a change lands: format, lints, docs, dependencies, every test.
# Installs what it lacks where cargo or rustup can, and names what it cannot.
set -euo pipefail
cd "$(dirname "$0")/.."

# Incremental compilation helps nobody here, and its files are several times the size of the rest.
export CARGO_INCREMENTAL=0

step() { printf '\n== %s\n' "$*"; }
need() { command -v "$1" >/dev/null 2>&1 || { echo "test.sh needs $1: $2" >&2; exit 1; }; }

need cargo "install Rust from https://rustup.rs"
need cc "install a C compiler (zstd's C sources are built from its crate)"

step "toolchain"
if command -v rustup >/dev/null 2>&1; then
    rustup component list --installed 2>/dev/null | grep -q '^clippy' || rustup component add clippy
    rustup component list --installed 2>/dev/null | grep -q '^rustfmt' || rustup component add rustfmt
fi
cargo --version

step "format"
cargo fmt --all --check
cargo fmt --manifest-path fuzz/Cargo.toml --check

step "clippy"
cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
# Without the fuzzer itself, which needs a C++ compiler and a compiler that instruments.
cargo clippy --manifest-path fuzz/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}" \
    --no-default-features --locked -- -D warnings

step "tests"
cargo test --workspace --all-targets --all-features --locked

step "doc tests"
cargo test --workspace --doc --all-features --locked

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features --locked

step "dependencies"
if ! cargo deny --version >/dev/null 2>&1; then
    cargo install cargo-deny --version 0.20.2 --locked
fi
cargo deny --locked check bans licenses sources
# The advisory database lies outside the registries: checked wherever it can be had.
if cargo deny --locked fetch db >/dev/null 2>&1; then
    cargo deny --locked check advisories
else
    echo "advisories: database not reachable, not checked"
fi

step "all passed"
