#!/usr/bin/env bash
# Installs the programs that the lab runs and that are missing: dnsmasq-base, knot, unbound, iproute2. Silent when all are there.
#
# The packages of knot and unbound bring services that would start at once and with every start of the machine, and would answer on
# its port 53. They are kept from it: no service starts while the packages are installed, and those services are masked, which
# "systemctl unmask knot unbound" undoes. What was installed before is left as it is.
set -euo pipefail

say() { echo "setup-lab: $*" >&2; }
PATH="$PATH:/usr/sbin:/sbin"

wanted=("dnsmasq|dnsmasq-base" "knotd|knot" "unbound|unbound" "ip|iproute2" "unshare|util-linux" "nsenter|util-linux")
missing=()
for line in "${wanted[@]}"; do command -v "${line%%|*}" >/dev/null || missing+=("${line##*|}"); done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    say "missing on this machine, which has no apt-get: Debian's packages ${missing[*]}"
    say "install them with your system's package manager, keep their services from starting, and run make lab again"
    exit 69
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        say "packages are missing and this user may not install them; as root: $0"
        exit 69
    fi
    as_root=(sudo)
fi

# invoke-rc.d and deb-systemd-invoke ask this program, and 101 means no (/usr/share/doc/init-system-helpers).
policy=/usr/sbin/policy-rc.d
own=
if ! [ -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
    own=yes
fi
restore() { [ -z "$own" ] || "${as_root[@]}" rm -f $policy; }
trap restore EXIT

for service in knot unbound; do
    case " ${missing[*]} " in
    *" $service "*)
        if [ -d /etc/systemd/system ] && ! [ -e /etc/systemd/system/$service.service ]; then
            "${as_root[@]}" ln -s /dev/null /etc/systemd/system/$service.service
            say "the service $service is masked; \"systemctl unmask $service\" undoes it"
        fi
        ;;
    esac
done

say "installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${missing[@]}" >&2

for line in "${wanted[@]}"; do
    if ! command -v "${line%%|*}" >/dev/null; then
        say "${missing[*]} are installed, but this is still missing: ${line%%|*}"
        exit 69
    fi
done
say "done"
