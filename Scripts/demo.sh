#!/usr/bin/env bash
# The demo: five nodes with fresh data find each other, count the primes below 10^9, look up this machine, and are stopped
# again. With ONLINE=1 they also look up 8.8.8.8, which asks servers of the internet.
set -euo pipefail
gossamer=$1 file=$2

if "$gossamer" members --topology "$file" >/dev/null 2>&1; then
    echo "the mesh of $file is up already; end it with: make down" >&2
    exit 69
fi

stop() {
    trap - EXIT INT TERM
    echo
    "$gossamer" down "$file"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { printf '\n$ gossamer %s\n' "$*" && "$gossamer" "$@"; }

step up "$file" --detach --fresh
step members --topology "$file"
step primes 0 1000000000 --topology "$file"
step lookup 127.0.0.1 --topology "$file"
if [ "${ONLINE:-}" = 1 ]; then step lookup 8.8.8.8 --topology "$file"; fi
