#!/usr/bin/env bash
# Builds the agent for Linux and Windows, signs it, and puts it where instcomd serves it (docs/agent.md).
# Usage: scripts/build-agent.sh [--base DIR] [--target linux-x64,linux-arm64,windows-x64] [--no-packages] [--help]
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
command -v node >/dev/null || {
  echo "build-agent.sh: there is no Node on the PATH; install Node 18 or newer (Debian 12: apt-get install nodejs npm)" >&2
  exit 1
}
exec node "$root/scripts/run.mjs" scripts/agent/build-agent.ts "$@"
