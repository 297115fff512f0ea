#!/usr/bin/env bash
# Runs every test of what was built, in groups one after the other, because within a group tests run side by side on all
# processors: simulations and the reading of all sources, which only compute and would keep everybody else from the clock
# for a minute; what lives within the test process; what starts processes of its own, at ports of its own; and what breaks
# processes, at whichever ports are free.
set -uo pipefail
swift=${SWIFT:-swift}
computing='^(MembershipTests|CampaignTests|HouseTests)\.'
processes='^CommandTests\.'
chaos='^ChaosTests\.'

# Of a hundred tests at the same time, one that must answer within seconds would wait behind all that only compute.
width=${TEST_WIDTH:-8}

status=0
group() {
    echo
    echo "tests: $1"
    shift
    "$swift" test -c release --skip-build --experimental-maximum-parallelization-width "$width" "$@" || status=1
}

group "simulations" --filter "$computing"
group "rooms" --skip "$computing" --skip "$processes" --skip "$chaos"
group "processes" --filter "$processes"
group "chaos" --filter "$chaos"
exit "$status"
