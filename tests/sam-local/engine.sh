# Sourced: a container engine, and an image for `sam local` that needs no registry. Status 3: not possible on this machine.

# usage: start_engine WORK_DIR     Uses the engine that answers. Else root starts one, and $engine is its process.
start_engine() {
    local dir=$1/docker answer lock
    engine=
    if answer=$(docker version 2>&1); then return; fi
    if [ "$(id -u)" != 0 ] || ! command -v docker >/dev/null || ! command -v dockerd >/dev/null; then
        tail -n 1 <<<"$answer" >&2
        echo "no container engine answers this user; root can start one that is installed: apt-get install docker.io" >&2
        return 3
    fi
    # two engines would share the bridge and give their containers the same addresses: one waits for the other
    exec {lock}>/run/gmc-sync-engine.lock
    if ! flock --wait 1800 "$lock"; then
        echo "another check has had its container engine for half an hour: /run/gmc-sync-engine.lock is held" >&2
        return 3
    fi
    mkdir -p "$dir"
    export DOCKER_HOST=unix://$dir/socket
    # without iptables the machine's own rules stay as they are; the userland proxy maps the ports. It ends with this
    # script, however that ends, and holds the lock until then
    setpriv --pdeathsig TERM dockerd --iptables=false --ip6tables=false --ip-forward=false --data-root "$dir/data" \
        --exec-root "$dir/exec" --pidfile "$dir/pid" --host "$DOCKER_HOST" >"$dir/log" 2>&1 &
    engine=$!
    exec {lock}>&-
    for _ in $(seq 100); do
        docker version >/dev/null 2>&1 && return
        kill -0 "$engine" 2>/dev/null || break
        sleep 0.2
    done
    tail -n 5 "$dir/log" >&2
    echo "no container engine answers, and dockerd does not start here" >&2
    return 3
}

# usage: stop_engine
stop_engine() {
    [ -n "$engine" ] || return 0
    kill -TERM "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
    ip link delete docker0 2>/dev/null || true
}

# usage: bridge_address     Prints the address at which containers reach this machine.
bridge_address() {
    local address
    address=$(docker network inspect bridge --format '{{ (index .IPAM.Config 0).Gateway }}' 2>/dev/null || true)
    address=${address:-172.17.0.1}
    if ! python3 -c 'import socket, sys; socket.create_server((sys.argv[1], 0))' "$address" 2>/dev/null; then
        echo "containers cannot reach this machine: the engine's bridge, $address, is elsewhere (rootless, or a virtual machine)" >&2
        return 3
    fi
    echo "$address"
}

# usage: machine_image WORK_DIR IMAGE PROGRAM     Makes an image of what PROGRAM, a Rust binary, and SAM's own layer need of this
# machine: its C library, a shell, and two tools. It is not Amazon Linux: `sizes` looks whether the binaries would run there.
machine_image() {
    local files=$1/image image=$2 tool
    mkdir -p "$files"/{bin,etc/ssl/certs,opt,tmp,var/runtime,var/task}
    chmod 1777 "$files/tmp"
    cp -L /etc/ssl/certs/ca-certificates.crt "$files/etc/ssl/certs/"
    for tool in sh mv chmod; do cp -L "$(command -v $tool)" "$files/bin/"; done
    # shellcheck disable=SC2046 # one path a word
    cp -L --parents $(ldd "$3" "$files"/bin/* | grep -o '/[^ :]*\.so[^ :]*' | sort -u) "$files"
    tar --create --directory "$files" . | docker import \
        --change 'WORKDIR /var/task' --change 'ENV PATH=/bin LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime' \
        --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' - "$image" >/dev/null
}
