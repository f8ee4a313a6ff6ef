# Sourced: SAM, and the functions as `sam build` builds them before a deployment.

# usage: sam_tools     Puts SAM first on PATH.
sam_tools() {
    "$root/tests/template/tools" >/dev/null
    export PATH=$root/.test-tools/venv-template/bin:$PATH
    # SAM starts once per event: half its time would be compiling itself
    unset PYTHONDONTWRITEBYTECODE
    export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-2
    case $(uname -m) in aarch64) architecture=arm64 ;; *) architecture=x86_64 ;; esac
}

# usage: sam_build LOG
sam_build() {
    local lambda
    lambda=$("$root/tests/end-to-end/tools")
    # the first python3 must be the one that has cargo-lambda's linker
    PATH=${lambda%/*}:$PATH sam build --parameter-overrides "Architecture=$architecture" >"$1" 2>&1 || { cat "$1" >&2; return 1; }
}
