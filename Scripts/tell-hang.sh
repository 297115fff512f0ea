#!/usr/bin/env bash
# Tells what a run of tests was doing when its time was over, and ends it.
#
# usage: tell-hang.sh PID SECONDS OUTPUT
#   PID      of `swift test`
#   SECONDS  that it has had
#   OUTPUT   the file with what it has printed
#
# Each test that has started and not ended gets a line like those of tests that fail, so that whoever counts those counts it.
set -uo pipefail
root=$1 seconds=$2 output=$3

# The process and all below it, parents first.
tree() {
    echo "$1"
    local child
    for child in $(pgrep -P "$1"); do tree "$child"; done
}

# Tests of several suites may share a name, so it is counted.
running() {
    awk '
        /Test case passing|Test run / { next }
        match($0, /Test .* started\.$/) { running[substr($0, RSTART + 5, RLENGTH - 14)]++ }
        match($0, /Test .* (passed|failed) after /) || match($0, /Test .* skipped/) {
            name = substr($0, RSTART + 5, RLENGTH - 5)
            sub(/( with [0-9]+ test cases?)? (passed|failed) after $| skipped$/, "", name)
            running[name]--
        }
        END { for (name in running) for (; running[name] > 0; running[name]--) print name }
    ' "$output" | sort
}

stacks() {
    local debugger=() pid
    if command -v gdb >/dev/null; then
        debugger=(gdb -batch -ex "set pagination off" -ex "thread apply all backtrace 40" -p)
    elif command -v lldb >/dev/null; then
        debugger=(lldb --batch -o "thread backtrace all" -p)
    else
        echo "no stacks: neither gdb nor lldb is on the PATH; install one to see where the threads are"
        return
    fi
    for pid in "$@"; do
        case $(readlink "/proc/$pid/exe") in
        *PackageTests.xctest*)
            echo "stacks of process $pid ($(readlink "/proc/$pid/exe")):"
            timeout --kill-after=5 120 "${debugger[@]}" "$pid" 2>&1 </dev/null
            ;;
        esac
    done
}

echo
echo "the tests have not ended within $seconds s"
mapfile -t processes < <(tree "$root")
running | while read -r name; do echo "✘ Test $name failed after $seconds.000 seconds: it had not ended when the time was over."; done
echo "processes:"
ps -o pid,ppid,stat,etime,args -p "$(IFS=, && echo "${processes[*]}")"
stacks "${processes[@]}"

kill -TERM "$root" 2>/dev/null
timeout 10 tail --pid="$root" -f /dev/null
for pid in "${processes[@]}"; do kill -KILL "$pid" 2>/dev/null; done
exit 0
