#!/usr/bin/env bash
# Runs simulated machines (default 3) against a running server: start-mock-machined.sh [COUNT] [OPTION…]
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
count=${1:-3}
shift || true
data=$(mktemp -d "${TMPDIR:-/tmp}/slipway-mock.XXXXXX")
trap 'rm -rf "$data"' EXIT
url=${SLIPWAY_URL:-http://127.0.0.1:4000}
token=${SLIPWAY_TOKEN:-$(cat "${SLIPWAY_DATA_DIR:-/var/lib/slipway}/admin.token" 2>/dev/null || true)}
(umask 077 && curl -fsS -X POST -H "Authorization: Bearer $token" -H 'content-type: application/json' -d '{}' \
  "$url/api/enrollments" >"$data/enrolment.json") ||
  { echo "cannot get an enrolment token from $url; is the server running, and SLIPWAY_TOKEN set?" >&2; exit 5; }
"$root/slipway" simulate --machines "$count" --enrolment "$data/enrolment.json" --data-dir "$data/machines" "$@"
