#!/usr/bin/env bash
# Starts a mesh of one node and lets schemathesis try its edge out by the OpenAPI document that it serves: every operation, with what the
# document allows and with what it does not. It looks for answers that the document does not tell of (status, headers, content type, schema),
# for faults of the program (500), for what is taken though it is wrong and refused though it is right.
#
#   Scripts/schemathesis.sh [OPTIONS]    OPTIONS are those of "st run"
#
#   GOSSAMER            the program (default .build/release/gossamer)
#   SCHEMATHESIS_CASES  how many requests it makes up for an operation in each phase (default 30)
#   SCHEMATHESIS_PORT   the first of the node's ports (default 22900)
#
# schemathesis comes from the package index, into a directory that is removed afterwards. Mesh and schemathesis run in a network of their own
# where the system allows that, so that nothing that is looked up is looked for outside. The exit code is schemathesis's own, 0 when there
# was nothing to find; 69 when there is no program or no mesh, and 75 when schemathesis cannot be had. Its settings, and what they leave out,
# are in schemathesis.toml.
set -uo pipefail
cd "$(dirname "$0")/.."
scripts=$PWD/Scripts

gossamer=${GOSSAMER:-.build/release/gossamer}
port=${SCHEMATHESIS_PORT:-22900}
version=4.32.5
if ! [ -x "$gossamer" ]; then
    echo "schemathesis: there is no $gossamer; run make build" >&2
    exit 69
fi

gossamer=$(realpath "$gossamer")
directory=$(mktemp -d)
file=$directory/mesh.yaml
finish() {
    trap - EXIT INT TERM
    if [ -e "$file" ]; then timeout 30 "$gossamer" down "$file" --grace 5 >/dev/null 2>&1; fi
    rm -rf "$directory"
}
trap finish EXIT
trap 'exit 130' INT TERM

if ! python3 -m venv "$directory/python" >"$directory/pip" 2>&1 ||
    ! "$directory/python/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" >>"$directory/pip" 2>&1; then
    tail -n 3 "$directory/pip" >&2
    echo "schemathesis: it cannot be had; allow access to a package index (PIP_INDEX_URL), and install python3-venv" >&2
    exit 75
fi

# What is asked outside leads to ports where nobody listens. Nobody has thousands of requests a minute, but for this.
cat >"$file" <<MESH
mesh: schemathesis-$port
nodes:
  - {name: n1, port: $port, admin: {port: $((port + 3))}, edge: {port: $((port + 4))}, roles: [lookup, primes, store]}
lookup: {geoip: {url: "http://127.0.0.1:$((port + 8))"}, dns: ["127.0.0.1:$((port + 8))"], rdap: "http://127.0.0.1:$((port + 8))"}
limits:
  post: {limit: 1000000}
  get: {limit: 1000000}
  all: {limit: 1000000}
MESH

alone=()
if unshare -rn ip link set lo up 2>/dev/null; then alone=(unshare -rn); fi

# Ends with 69 when the mesh does not start.
try() {
    if [ "${#alone[@]}" -gt 0 ]; then ip link set lo up; fi
    if ! "$gossamer" up "$file" --detach --fresh --timeout 60 >"$directory/up" 2>&1; then
        cat "$directory/up" >&2
        echo "schemathesis: the mesh does not start" >&2
        return 69
    fi
    # It writes into the directory in which it is.
    cd "$directory" || return 70
    "$directory/python/bin/st" --config-file "$scripts/schemathesis.toml" run \
        "http://127.0.0.1:$((port + 4))/openapi.json" --max-examples "${SCHEMATHESIS_CASES:-30}" --generation-database none --no-color "$@"
}
export -f try
export gossamer port directory file scripts
"${alone[@]}" bash -c "$(declare -p alone); try \"\$@\"" try "$@"
