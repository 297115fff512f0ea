#!/usr/bin/env bash
# Simulates many meshes, and measures how often random seeds find each planted fault.
#
#   Scripts/campaign.sh SEEDS [FROM] [MUTATED_SEEDS]
#
# The first part fails when a seed breaks a promise. The second only reports: some faults are found by three seeds of a thousand and
# some by none, which is why each has a directed schedule of its own, and those are the gate (CampaignTests).
set -uo pipefail
gossamer=.build/release/gossamer
seeds=${1:?how many seeds}
from=${2:-1}
mutated=${3:-300}

"$gossamer" simulate --seeds "$seeds" --from "$from" || exit 1

[ "$mutated" -gt 0 ] || exit 0
echo
echo "bad seeds of $mutated, by planted fault:"
for name in $("$gossamer" simulate --help | tr -d '\n' | tr -s ' ' | grep -oE 'simulation notices: [a-z, -]+' | sed 's/.*notices: //' | tr -d ' ' | tr ',' ' '); do
    bad=$("$gossamer" simulate --seeds "$mutated" --from "$from" --mutate "$name" --json 2>/dev/null |
        grep -oE '"bad": ?[0-9]+' | grep -oE '[0-9]+' | head -1)
    printf '  %-32s %5s\n' "$name" "${bad:-?}"
done
