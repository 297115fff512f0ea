#!/usr/bin/env bash
# Runs every test of what was built, in groups one after the other, because within a group tests run side by side on all
# processors: what computes or waits for disks, which would keep everybody else from the clock for a minute (simulations,
# registers with their stores, codecs, the reading of all sources); what lives within the test process; what starts processes of
# its own, at ports of its own; and what breaks processes, at whichever ports are free.
#
# A test that hangs costs its group, not the run: when a group's time is over, what it was doing is told, it is ended, and it has failed.
set -uo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
computing='^(MembershipTests|CampaignTests|RegistersTests|MessagePackTests|WireTests|PlacementTests|ChoreographyTests|JobsTests|OrdersTests|ItemsTests|JSONDocumentTests|HouseTests)\.|^PrimesTests\.(CounterTests|PlanTests|PrimesJobTests)/'
processes='^CommandTests\.'
chaos='^ChaosTests\.'

# Of a hundred tests at the same time, one that must answer within seconds would wait behind all that only compute.
width=${TEST_WIDTH:-8}
# What a group may take, in seconds: a bound against hanging, many times what any needs on two processors.
limit=${TEST_LIMIT_SECONDS:-1200}

status=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT
# Line by line, or the last lines before a test that hangs would be missing.
lines=()
command -v stdbuf >/dev/null && lines=(stdbuf -oL)

group() {
    echo
    echo "tests: $1"
    shift
    : >"$output"
    "${lines[@]}" "$swift" test -c release --skip-build --experimental-maximum-parallelization-width "$width" "$@" \
        >>"$output" 2>&1 </dev/null &
    local pid=$!
    # Shows what is written until the process has ended; a pipe would stay open as long as anything that the tests have started.
    if timeout "$limit" tail -n +1 -f --pid="$pid" "$output"; then
        wait "$pid" || status=1
    else
        status=1
        Scripts/tell-hang.sh "$pid" "$limit" "$output"
        wait "$pid" 2>/dev/null
    fi
}

group "simulations, registers and values" --filter "$computing"
group "rooms" --skip "$computing" --skip "$processes" --skip "$chaos"
group "processes" --filter "$processes"
group "chaos" --filter "$chaos"
exit "$status"
