# Sourced by every image recipe: where packages come from and where results are kept.
#
# INVARIANTS
# - The host's own apt configuration is read, never changed: recipes use a private apt state under the cache.
# - A result folder appears by one rename when it is whole, so a killed recipe leaves nothing that looks finished.
# - A folder's name carries the hash of everything that went into it; nothing needs the cache to be correct.

SLIPWAY_SUITE=bookworm
SLIPWAY_CACHE="${SLIPWAY_CACHE:-$HOME/.cache/slipway}"
IMAGES_CACHE="$SLIPWAY_CACHE/images"
APT_STATE="$IMAGES_CACHE/apt"

fail() {
  echo "$(basename "$0"): $1" >&2
  exit 1
}

need_root() {
  [ "$(id -u)" = 0 ] || fail "needs root (device nodes, chroot, file owners); run it again with sudo"
}

# install_tools PACKAGE...: installs what is missing, saying what it installs.
install_tools() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ "${#missing[@]}" = 0 ] && return
  echo "installing Debian packages: ${missing[*]}" >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2 ||
    { apt-get update >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2; } ||
    fail "could not install: ${missing[*]}; install them by hand and run again"
}

# apt_sources: one-line apt sources with contrib (ZFS) and non-free-firmware (NICs of real hardware), from DEBIAN_MIRROR or the host's own Debian sources.
apt_sources() {
  if [ -n "${DEBIAN_MIRROR:-}" ]; then
    echo "deb $DEBIAN_MIRROR $SLIPWAY_SUITE main contrib non-free-firmware"
    return
  fi
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk -v suite="$SLIPWAY_SUITE" '$1 == "Debian" && index($3, suite) == 1 { print "deb", $2, $3, "main contrib non-free-firmware" }' | sort -u
}

# private_apt COMMAND...: an apt program on the private state, with the recipe's sources and no installed packages.
private_apt() {
  local program=$1
  shift
  "$program" -o Dir::Etc::sourcelist="$APT_STATE/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferencesparts=/dev/null -o Dir::State="$APT_STATE" -o Dir::State::status="$APT_STATE/status" \
    -o Dir::Cache="$APT_STATE/cache" -o APT::Architecture=amd64 -o APT::Sandbox::User=root "$@"
}

# refresh_apt: brings the private package lists up to date; without a network the lists of the last run serve.
refresh_apt() {
  mkdir -p "$APT_STATE/lists/partial" "$APT_STATE/cache/archives/partial"
  : >"$APT_STATE/status"
  local sources
  sources=$(apt_sources)
  [ -n "$sources" ] || fail "found no Debian $SLIPWAY_SUITE source; set DEBIAN_MIRROR to a Debian mirror"
  echo "$sources" >"$APT_STATE/sources.list"
  private_apt apt-get -qq update >&2 || echo "package lists could not be refreshed; using the ones of the last run" >&2
}

# kernel_abi FLAVOUR: the newest kernel of that flavour (cloud-amd64, amd64), such as 6.1.0-56-cloud-amd64.
kernel_abi() {
  local package
  package=$(private_apt apt-cache depends --important "linux-image-$1" | sed -n 's/^ *Depends: linux-image-//p' | head -n 1)
  [ -n "$package" ] || fail "no kernel linux-image-$1 in the package lists; set DEBIAN_MIRROR to a mirror with $SLIPWAY_SUITE"
  echo "$package"
}

# package_version NAME: the candidate version of a package.
package_version() {
  private_apt apt-cache policy "$1" | sed -n 's/^ *Candidate: //p'
}

# key TEXT...: the short name for a result made from these inputs.
key() {
  printf '%s\n' "$@" | sha256sum | cut -c1-16
}

# begin KIND HASH: sets RESULT and, when it is not there yet, WORK (a fresh folder); returns 1 when there is nothing to do.
begin() {
  RESULT="$IMAGES_CACHE/$1-$2"
  mkdir -p "$IMAGES_CACHE"
  exec 9>"$IMAGES_CACHE/$1.lock"
  flock 9
  [ -e "$RESULT" ] && return 1
  WORK="$IMAGES_CACHE/tmp-$1-$$"
  rm -rf "$WORK"
  mkdir -p "$WORK"
  trap 'rm -rf "$WORK"' EXIT
}

# finish FOLDER: makes FOLDER (inside WORK) the result.
finish() {
  sync -f "$1"
  mv -T "$1" "$RESULT"
}
