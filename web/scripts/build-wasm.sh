#!/usr/bin/env bash
# Compiles the cryptography for the browser into src/crypto/generated/. Quick where nothing changed.
set -euo pipefail

web=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../../scripts/environment
. "$web/../scripts/environment"
cd "$PSEPHOS_ROOT"

TARGET=wasm32-unknown-unknown
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/psephos
TOOLS=$CACHE/wasm-tools
OUT=$web/src/crypto/generated

say() { printf 'build-wasm: %s\n' "$*"; }
fail() {
    printf 'build-wasm: %s\n' "$*" >&2
    exit 1
}

# wasm-bindgen's program and library must be of one version.
bindgen_version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
[ -n "$bindgen_version" ] || fail "Cargo.lock names no wasm-bindgen"

install_bindgen() {
    local found=none
    if [ -x "$TOOLS/bin/wasm-bindgen" ]; then
        found=$("$TOOLS/bin/wasm-bindgen" --version | awk '{ print $2 }')
    fi
    [ "$found" = "$bindgen_version" ] && return
    say "installing wasm-bindgen-cli $bindgen_version (once, about four minutes)"
    CARGO_TARGET_DIR=$CACHE/wasm-tools-target cargo install wasm-bindgen-cli --version "$bindgen_version" --root "$TOOLS" \
        || fail "wasm-bindgen-cli $bindgen_version cannot be installed; cargo says above why"
}

# Fat LTO and no unwinding: half the size. The checks for overflow stay.
profile=(CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_PANIC=abort)

sysroot=$(rustc --print sysroot)
separator=$'\x1f'
# No path of this machine gets into the module. `substrate_runtime`: the chain's crates as they are
# within a runtime, without threads, sockets and C libraries.
flags="--cfg${separator}substrate_runtime"
flags+="${separator}--cfg${separator}getrandom_backend=\"wasm_js\""
flags+="${separator}--remap-path-prefix=$PSEPHOS_ROOT=psephos"
flags+="${separator}--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
flags+="${separator}--remap-path-prefix=$sysroot=rust"

standard_library=()
if [ ! -d "$sysroot/lib/rustlib/$TARGET/lib" ]; then
    # Debian's compiler comes without a standard library for this target, but with its sources.
    [ -f "$sysroot/lib/rustlib/src/rust/library/Cargo.lock" ] \
        || fail "rustc has neither the target $TARGET nor the sources of its standard library; \
install rust-web-src, or run: rustup target add $TARGET"
    standard_library=(-Zbuild-std=std,panic_abort)
    profile+=(RUSTC_BOOTSTRAP=1)
fi

install_bindgen
say "compiling (the first time takes some minutes)"
# A folder of its own: these flags would rebuild everything else.
env "${profile[@]}" CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR="$CACHE/wasm-target" \
    cargo build --release --locked --package psephos-crypto-wasm --lib --target "$TARGET" "${standard_library[@]}"

module=$CACHE/wasm-target/$TARGET/release/psephos_crypto_wasm.wasm
stamp=$(sha256sum "$module" "$web/scripts/build-wasm.sh" | cut -d ' ' -f 1 | tr '\n' ' ')$bindgen_version
if [ "$(cat "$OUT/stamp" 2>/dev/null)" = "$stamp" ]; then
    say "nothing changed"
    exit 0
fi

# No wasm-opt: the bytes, whose hash the page shows, would depend on its version; it saves one part in
# a hundred, compressed; and Debian's (binaryen 108) makes a module that V8 does not initialise.
new=$web/src/crypto/generated.$$
mkdir "$new"
trap 'rm -rf "$new"' EXIT
"$TOOLS/bin/wasm-bindgen" --target web --remove-name-section --remove-producers-section --out-dir "$new" "$module"
printf '%s\n' "$stamp" >"$new/stamp"
rm -rf "$OUT"
mv "$new" "$OUT"
trap - EXIT
say "$(stat -c %s "$OUT/psephos_crypto_wasm_bg.wasm") bytes, $(gzip -9 -c "$OUT/psephos_crypto_wasm_bg.wasm" | wc -c) compressed"
