#!/usr/bin/env bash
# Installs the system packages that are missing, and nothing else. Says what it does; silent when all is there.
set -euo pipefail

say() { echo "setup: $*" >&2; }

if ! command -v swift >/dev/null; then
    say "there is no Swift toolchain on the PATH. Install Swift 6.2 or later: https://www.swift.org/install/linux"
    exit 69
fi

# Each line: what proves that it is there, and the packages that bring it, the first that the system has.
wanted=(
    "program cc|gcc"
    "program ld|binutils"
    "header stdio.h|libc6-dev"
    "library zmq zmq.h|libzmq3-dev"
    "library msgpackc msgpack.h|libmsgpack-dev libmsgpack-c-dev"
    "library primesieve primesieve.h|libprimesieve-dev"
    "library maxminddb maxminddb.h|libmaxminddb-dev"
    "library cares ares.h|libc-ares-dev"
    "library idn2 idn2.h|libidn2-dev"
    "library sqlite3 sqlite3.h|libsqlite3-dev"
    "program primesieve|primesieve primesieve-bin"
    "program pkg-config|pkg-config pkgconf"
    "python venv|python3-venv"
    "python ensurepip|python3-venv"
    "program python3|python3"
    "program curl|curl"
)

# A library is there when a program that includes its header links against it. The header alone proves nothing: Debian
# keeps that of primesieve in a package of its own, which may outlive the one with the library.
is_there() {
    case $1 in
    header) echo "#include <$2>" | cc -E -x c - >/dev/null 2>&1 ;;
    library)
        printf '#include <%s>\nint main(void) { return 0; }\n' "$3" | cc -x c - "-l$2" -o "$scratch/linked" >/dev/null 2>&1 ;;
    program) command -v "$2" >/dev/null ;;
    python) python3 -c "import $2" >/dev/null 2>&1 ;;
    esac
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

missing=()
for line in "${wanted[@]}"; do
    # shellcheck disable=SC2086  # two words on purpose
    is_there ${line%%|*} || missing+=("$line")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    say "missing on this machine, which has no apt-get:"
    for line in "${missing[@]}"; do say "  ${line%%|*} (Debian's package ${line##*|})"; done
    say "install them with your system's package manager, and run make again"
    exit 69
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        say "packages are missing and this user may not install them; as root: apt-get install ${missing[*]##*|}"
        exit 69
    fi
    as_root=(sudo)
fi

say "reading the package lists"
"${as_root[@]}" apt-get update -qq

packages=()
for line in "${missing[@]}"; do
    chosen=
    for package in ${line##*|}; do
        if apt-cache show "$package" >/dev/null 2>&1; then chosen=$package && break; fi
    done
    if [ -z "$chosen" ]; then
        say "this system has none of the packages ${line##*|} (for: ${line%%|*})"
        exit 69
    fi
    case " ${packages[*]-} " in *" $chosen "*) ;; *) packages+=("$chosen") ;; esac
done

say "installing ${packages[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2

for line in "${missing[@]}"; do
    # shellcheck disable=SC2086
    if ! is_there ${line%%|*}; then
        say "${packages[*]} are installed, but this is still missing: ${line%%|*}"
        exit 69
    fi
done
say "done"
