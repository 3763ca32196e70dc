#!/usr/bin/env bash
# Asks the server to look for machines now, then lists them.
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
url=${SLIPWAY_URL:-http://127.0.0.1:4000}
token=${SLIPWAY_TOKEN:-$(cat "${SLIPWAY_DATA_DIR:-/var/lib/slipway}/admin.token" 2>/dev/null || true)}
if [[ -z $token ]]; then
  echo "no token: set SLIPWAY_TOKEN, or SLIPWAY_DATA_DIR to the folder that holds admin.token" >&2
  exit 4
fi
curl -fsS -X POST -H "Authorization: Bearer $token" "$url/api/discovery" >/dev/null ||
  { echo "the server at $url does not answer; start it with: npm start" >&2; exit 5; }
sleep 2 # answers are spread over half a second; the second round of a slow machine fits too
SLIPWAY_URL=$url SLIPWAY_TOKEN=$token exec "$root/slipway" machines list
