#!/usr/bin/env bash
# Runs every test of what was built, in three groups one after the other, because within a group tests run side by side on all
# processors: simulations, which only compute and would keep everybody else from the clock for a minute; what lives within the
# test process; and what starts processes of its own and measures how they fare.
set -uo pipefail
swift=${SWIFT:-swift}
computing='^MembershipTests\.'
processes='^(CommandTests|ChaosTests)\.'

status=0
group() {
    echo
    echo "tests: $1"
    shift
    "$swift" test -c release --skip-build "$@" || status=1
}

group "simulations" --filter "$computing"
group "rooms" --skip "$computing" --skip "$processes"
group "processes" --filter "$processes"
exit "$status"
