# Sourced: a container engine, and the image that `sam local` runs functions in.

# usage: start_engine WORK_DIR     Uses the engine that answers, or starts one; sets $engine to its process then.
start_engine() {
    local dir=$1/docker
    engine=
    docker version >/dev/null 2>&1 && return
    if ! command -v dockerd >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io >/dev/null
    fi
    mkdir -p "$dir"
    export DOCKER_HOST=unix://$dir/socket
    # without iptables the machine's own rules stay as they are; the userland proxy maps the ports
    dockerd --iptables=false --ip6tables=false --ip-forward=false --data-root "$dir/data" --exec-root "$dir/exec" \
        --pidfile "$dir/pid" --host "$DOCKER_HOST" >"$dir/log" 2>&1 &
    engine=$!
    for _ in $(seq 100); do
        docker version >/dev/null 2>&1 && return
        sleep 0.2
    done
    echo "no container engine answers, and the one that was started does not either; $dir/log says why" >&2
    return 1
}

# usage: stop_engine
stop_engine() {
    [ -n "$engine" ] || return 0
    kill -TERM "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
    ip link delete docker0 2>/dev/null || true
}

# usage: base_image WORK_DIR IMAGE     The image is pulled where there is a registry; else one is made of three Debian packages:
# a C library, the unwinder and a shell are all that a Rust binary and SAM's entry point need. It is not Amazon Linux: `sizes` looks
# whether the binaries would run there.
base_image() {
    local root=$1/image image=$2
    docker image inspect "$image" >/dev/null 2>&1 && return
    if [ -z "$engine" ] && timeout 300 docker pull --quiet "$image" >/dev/null 2>&1; then return; fi
    rm -rf "$root"
    mkdir -p "$root/packages" "$root/files"
    (cd "$root/packages" && apt-get -o APT::Sandbox::User=root download -q busybox-static libc6 libgcc-s1 >/dev/null)
    for package in "$root"/packages/*.deb; do dpkg-deb --extract "$package" "$root/files"; done
    (
        cd "$root/files"
        mkdir -p bin etc/ssl/certs tmp var/task var/runtime opt
        chmod 1777 tmp
        rm -rf usr/share usr/lib/*/gconv
        for tool in sh mv chmod cp rm; do ln -sf busybox bin/$tool; done
        cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/
        tar --create .
    ) | docker import -c 'WORKDIR /var/task' -c 'ENV PATH=/usr/bin:/bin LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' \
        - "$image" >/dev/null
}
