#!/usr/bin/env bash
# Makes the Debian 13 chroot with Wine 10 in which the Windows executables are tried, or finds it in the cache; prints its folder.
# Debian 12's Wine 8 lacks what the agent's runtime calls (bcryptprimitives.dll).
# Usage: scripts/agent/wine-chroot.sh [--if-there]      --if-there: prints nothing and ends with 3 where it is not in the cache
set -euo pipefail
suite=trixie
packages=wine64,libwine
# From DEBIAN_MIRROR, else the machine's own sources, one-line or deb822; a folder without such files is no error.
own_mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    sed -n 's|^deb \(\[[^]]*\] \)\{0,1\}\(https\{0,1\}://[^ ]*\).*|\2|p; s|^URIs: *\(https\{0,1\}://[^ ]*\).*|\1|p' |
    grep -v security | head -1 || true
}
mirror=${DEBIAN_MIRROR:-$(own_mirror)}
key=$(printf '%s' "$suite $packages $(sha256sum <"${BASH_SOURCE[0]}")" | sha256sum | cut -c1-16)
cache=${SLIPWAY_CACHE:-$HOME/.cache/slipway}
chroot=$cache/wine-$suite-$key

if [ -e "$chroot/complete" ]; then echo "$chroot"; exit 0; fi
[ "${1:-}" != --if-there ] || exit 3
[ "$(id -u)" -eq 0 ] || { echo "wine-chroot.sh: making the chroot needs root on Debian; run it with sudo" >&2; exit 1; }
command -v mmdebstrap >/dev/null || { echo "wine-chroot.sh: there is no mmdebstrap; apt-get install mmdebstrap" >&2; exit 1; }
[ -n "$mirror" ] || { echo "wine-chroot.sh: no Debian mirror was found; set DEBIAN_MIRROR" >&2; exit 1; }
echo "[windows] making the chroot with Wine 10 (about 700 MB, kept in $chroot)" >&2
mkdir -p "$cache"
making=$chroot.making-$$
trap 'rm -rf "$making"' EXIT
nice mmdebstrap --quiet --variant=minbase --include="$packages" --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$making" "$mirror" >&2
: >"$making/complete"
rm -rf "$chroot"
mv "$making" "$chroot"
echo "$chroot"
