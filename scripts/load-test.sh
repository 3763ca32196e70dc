#!/usr/bin/env bash
# Installs many simulated machines at once and prints the figures: load-test.sh [COUNT]
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
cd "$root"
exec npm run --silent bench -- installs --machines "${1:-200}"
