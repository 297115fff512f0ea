#!/usr/bin/env bash
# Starts five-node meshes in a row, a third of them with a fifth node that joins late, and expects every one to become
# complete: every node sees every node alive. A join that stays incomplete is the fault this looks for.
#
#   Scripts/start-soak.sh [STARTS]        200 unless said otherwise
#
#   SOAK_LIMIT_MS    how long the slowest start may take (default 2000); more for a machine that is busy with other things
#
# The last line says how many starts there were, how many stayed incomplete, and how long the slowest took; the exit code is
# 1 if any stayed incomplete or the slowest took too long.
set -uo pipefail
cd "$(dirname "$0")/.."

starts=${1:-200}
gossamer=${GOSSAMER:-.build/release/gossamer}
limit=20 # seconds after which a start is given up as incomplete
goal=${SOAK_LIMIT_MS:-2000}
if ! [[ $starts =~ ^[0-9]+$ ]] || [ "$starts" -lt 1 ]; then
    echo "start-soak: \"$starts\" is no number of starts; give 1 or more" >&2
    exit 64
fi
if ! [[ $goal =~ ^[0-9]+$ ]]; then
    echo "start-soak: SOAK_LIMIT_MS=$goal is no number of milliseconds" >&2
    exit 64
fi
if ! [ -x "$gossamer" ]; then
    echo "start-soak: there is no $gossamer; run make build" >&2
    exit 69
fi

directory=$(mktemp -d)
file=$directory/soak.yaml
{
    echo "mesh: soak"
    echo "nodes:"
    for node in 1 2 3 4 5; do
        echo "  - {name: n$node, port: $((20990 + node * 10)), admin: {port: $((20995 + node * 10))}}"
    done
    echo "seeds: [n1, n2]"
} >"$file"

finish() {
    trap - EXIT INT TERM
    timeout 30 "$gossamer" down "$file" --grace 2 >/dev/null 2>&1
    rm -rf "$directory"
}
trap finish EXIT
trap 'exit 130' INT TERM

up() { timeout $((limit + 20)) "$gossamer" up "$file" "$@" --detach --timeout $limit >>"$directory/out" 2>&1; }

incomplete=0 slowest=0 late=0
for ((start = 1; start <= starts; start++)); do
    : >"$directory/out"
    if ((start % 3 == 0)); then
        late=$((late + 1))
        # Sometimes while the four are still meeting, sometimes long after.
        pause=0.$((start * 37 % 10))
        up n1 n2 n3 n4 --fresh && sleep "$pause" && up
    else
        up --fresh
    fi
    if [ $? -ne 0 ]; then
        incomplete=$((incomplete + 1))
        echo "start $start of $starts stayed incomplete:"
        sed 's/^/  /' "$directory/out"
        for node in 1 2 3 4 5; do tail -n 15 "$directory/.gossamer/soak/n$node/log/node.log" 2>/dev/null | sed 's/^/    /'; done
    fi
    took=$(sed -n 's/^all 5 nodes .* after \([0-9.]*\) \(m\{0,1\}s\)$/\1 \2/p' "$directory/out" | tail -n 1 |
        awk '{print ($2 == "s") ? int($1 * 1000) : int($1)}')
    [ "${took:-0}" -gt "$slowest" ] && slowest=$took
    timeout 30 "$gossamer" down "$file" --grace 5 >>"$directory/out" 2>&1
    if [ -t 1 ]; then printf '\r%d of %d' "$start" "$starts"; fi
done
if [ -t 1 ]; then echo; fi

echo "$starts starts, $late of them with a late joiner: $incomplete stayed incomplete, slowest after $slowest ms"
[ "$goal" -eq 2000 ] || echo "the slowest was allowed $goal ms, by SOAK_LIMIT_MS, instead of 2000"
if [ "$slowest" -gt "$goal" ]; then
    echo "too slow: $slowest ms, and $goal are allowed"
    exit 1
fi
[ "$incomplete" -eq 0 ]
