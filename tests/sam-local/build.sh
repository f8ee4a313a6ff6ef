# Sourced: builds the five functions as `sam build` before a deployment does.

# usage: sam_tools     Puts SAM and cargo-lambda first on PATH. The first python3 must be the one that has cargo-lambda's linker.
sam_tools() {
    "$root/tests/template/tools" >/dev/null
    local lambda
    lambda=$("$root/tests/end-to-end/tools")
    export PATH=${lambda%/*}:$root/.test-tools/venv-template/bin:$PATH
    export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-2
    case $(uname -m) in aarch64) architecture=arm64 ;; *) architecture=x86_64 ;; esac
}

# usage: sam_build LOG
sam_build() {
    sam build --parameter-overrides "Architecture=$architecture" >"$1" 2>&1 || { cat "$1" >&2; return 1; }
}
