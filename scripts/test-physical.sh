#!/usr/bin/env bash
# Enters a machine in the live environment by its address and shows what it reports: test-physical.sh ADDRESS[:PORT]
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
address=${1:?usage: test-physical.sh ADDRESS[:PORT]}
machine=$("$root/slipway" machines add "$address")
exec "$root/slipway" machines show "$machine"
