#!/bin/sh
# Installs InfiniService, the Slipway agent, on Linux with systemd; running it again updates it and keeps what is configured.
# Usage: install-linux.sh [--root DIR] [--from DIR] [normal] [VM_ID]
#   VM_ID       what the host calls this machine (default: $INFINIBAY_VM_ID, else what /etc/environment has)
#   --root DIR  install into the system below DIR, which is not running: enabled, not started
#   --from DIR  take infiniservice (and metadata.json, infiniservice.minisig) from DIR; nothing is downloaded
# Environment: INFINISERVICE_SHA256 (the binary's digest, from the answer file), INFINISERVICE_URL (http://host:4000),
#   INFINISERVICE_TOKEN (where the server wants one), INFINISERVICE_SHARED_SECRET.
set -eu
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
public_key='@@PUBLIC_KEY@@'
root='' from='' vm_id=${INFINIBAY_VM_ID:-} log=/dev/null work=''

say() {
  printf '%s\n' "$*"
  printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >>"$log"
}
fail() {
  say "install-linux.sh: failed: $*" >&2
  exit 1
}
usage() {
  sed -n '2,8s/^# //p' "$0" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --root | --from)
      [ $# -gt 1 ] || usage
      [ -d "$2" ] || fail "there is no folder $2"
      if [ "$1" = --root ]; then root=$(cd "$2" && pwd); else from=$(cd "$2" && pwd); fi
      shift ;;
    -*) usage ;;
    normal) ;;
    *)
      case $1 in *[!A-Za-z0-9._-]*) fail "a VM id is letters, digits, dots, dashes and underscores" ;; esac
      vm_id=$1 ;;
  esac
  shift
done
[ "$root" != / ] || root=''
if [ -n "${INFINISERVICE_SHARED_SECRET:-}" ]; then
  case $INFINISERVICE_SHARED_SECRET in *[!A-Za-z0-9]*) fail "INFINISERVICE_SHARED_SECRET is letters and digits" ;; esac
  [ "${#INFINISERVICE_SHARED_SECRET}" -ge 16 ] || fail "INFINISERVICE_SHARED_SECRET is shorter than 16 characters; take the machine's secret from the server again"
fi
case ${INFINISERVICE_TOKEN:-} in *[!A-Za-z0-9_-]*) fail "INFINISERVICE_TOKEN is letters, digits, dashes and underscores" ;; esac
[ "$(id -u)" -eq 0 ] || fail "this must run as root; run it with sudo"
mkdir -p "$root/var/log"
log=$root/var/log/infiniservice_install.log
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

case $(uname -m) in
  x86_64 | amd64) arch=x64 folder=linux ;;
  aarch64 | arm64) arch=arm64 folder=linux-arm64 ;;
  *) fail "there is no agent for $(uname -m); it is built for x86-64 and arm64" ;;
esac
# QEMU's default CPU model lacks what the agent's runtime needs: it would die of an illegal instruction.
if [ "$arch" = x64 ] && [ -z "$root" ] && ! grep -q sse4_2 /proc/cpuinfo; then
  fail "this CPU is older than x86-64-v2; give the virtual machine the CPU model host, or Nehalem and newer"
fi

# fetch PATH FILE: from the server, with curl or wget; the token is never in the process list.
fetch() {
  : >"$work/request" && chmod 0600 "$work/request"
  if command -v curl >/dev/null 2>&1; then
    [ -z "${INFINISERVICE_TOKEN:-}" ] || printf 'header = "Authorization: Bearer %s"\n' "$INFINISERVICE_TOKEN" >"$work/request"
    curl -fsS --retry 3 --connect-timeout 20 -K "$work/request" -o "$2" "$INFINISERVICE_URL/infiniservice/$1" 2>>"$log"
  elif command -v wget >/dev/null 2>&1; then
    [ -z "${INFINISERVICE_TOKEN:-}" ] || printf 'header = Authorization: Bearer %s\n' "$INFINISERVICE_TOKEN" >"$work/request"
    # timeout(1), not -T: BusyBox 1.35 ends with a segmentation fault at that.
    WGETRC=$work/request timeout 900 wget -q -t 3 -O "$2" "$INFINISERVICE_URL/infiniservice/$1" 2>>"$log"
  else
    fail "there is neither curl nor wget; install one, or use --from DIR"
  fi
}

# take PATH NAMES...: the first of the local files, else from the server; says where it came from in $source.
take() {
  path=$1 to=$2
  shift 2
  for file in "$@"; do
    [ -f "$file" ] || continue
    cp "$file" "$to" && source=local && return 0
  done
  [ -z "$from" ] && [ -n "${INFINISERVICE_URL:-}" ] || return 1
  fetch "$path" "$to" && source=server
}

here=$(cd "$(dirname "$0")" && pwd)
near=${from:-$here}
source=''
query='' && [ "$arch" = x64 ] || query='?arch=arm64'
say "installing InfiniService for linux-$arch"
take "linux/binary$query" "$work/infiniservice" "$near/infiniservice" "$near/binaries/$folder/infiniservice" "$near/../binaries/$folder/infiniservice" ||
  if [ -n "${INFINISERVICE_URL:-}" ] && [ -z "$from" ]; then
    fail "the agent could not be downloaded from $INFINISERVICE_URL; $log has the words of curl or wget"
  else
    fail "no agent beside this script, and no download: set INFINISERVICE_URL=http://HOST:4000, or use --from DIR"
  fi
origin=$source

expected=$(printf %s "${INFINISERVICE_SHA256:-}" | tr A-F a-f)
if [ -z "$expected" ] && take metadata "$work/metadata" "$near/metadata.json" "$near/../metadata.json"; then
  expected=$(tr -d ' \n\r' <"$work/metadata" | tr '{' '\n' |
    sed -n '/"platform":"linux"/{/"arch":"'$arch'"/{/"kind":"binary"/s/.*"sha256":"\([0-9a-f]\{64\}\)".*/\1/p;};}')
  say "warning: the digest comes from the same place as the agent; give INFINISERVICE_SHA256 from a trusted place"
fi
actual=$(sha256sum "$work/infiniservice")
actual=${actual%% *}
if [ -n "$expected" ]; then
  [ "$actual" = "$expected" ] || fail "the agent's digest is $actual and not $expected; nothing was changed. Download it again, or ask who serves it"
elif [ "$origin" = server ]; then
  fail "nothing tells the digest of what was downloaded; set INFINISERVICE_SHA256"
else
  say "warning: no digest was given for the local file; its SHA-256 is $actual"
fi
if command -v minisign >/dev/null 2>&1 && [ "${#public_key}" -eq 56 ]; then
  if take "linux/signature$query" "$work/infiniservice.minisig" "$near/infiniservice.minisig" "$near/binaries/$folder/infiniservice.minisig" "$near/../binaries/$folder/infiniservice.minisig"; then
    minisign -V -q -P "$public_key" -m "$work/infiniservice" >>"$log" 2>&1 || fail "the agent's signature is not of the key that this script knows; nothing was changed"
    say "signature verified"
  else
    say "warning: no signature was found to verify"
  fi
fi
chmod 0755 "$work/infiniservice"
if [ -z "$root" ]; then
  version=$("$work/infiniservice" --version 2>>"$log") || fail "the agent does not start here; $log has its words (a /tmp mounted noexec? then set TMPDIR)"
  say "$version"
fi

# put MODE FILE: standard input to FILE by rename, so that a power cut leaves the old or the new one whole.
put() {
  mkdir -p "$root$(dirname "$2")"
  cat >"$root$2.new"
  chmod "$1" "$root$2.new"
  mv -f "$root$2.new" "$root$2"
}
put 0755 /opt/infiniservice/infiniservice <"$work/infiniservice"
# What an unfinished update left would act on this agent at its next start.
rm -f "$root/opt/infiniservice/infiniservice.new" "$root/opt/infiniservice/infiniservice.trial" "$root/opt/infiniservice/infiniservice.returned"
put 0755 /opt/infiniservice/infiniservice-guard <<'GUARD'
@@GUARD@@
GUARD
put 0755 /opt/infiniservice/uninstall.sh <<'UNINSTALL'
@@UNINSTALL@@
UNINSTALL
put 0644 /etc/systemd/system/infiniservice.service <<'UNIT'
@@UNIT@@
UNIT

if [ -n "$vm_id" ]; then
  { sed '/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}INFINIBAY_VM_ID=/d' "$root/etc/environment" 2>/dev/null || :; } >"$work/environment"
  # A last line without its end would swallow ours.
  [ -z "$(tail -c 1 "$work/environment")" ] || echo >>"$work/environment"
  printf 'INFINIBAY_VM_ID=%s\n' "$vm_id" >>"$work/environment"
  put 0644 /etc/environment <"$work/environment"
elif ! grep -q '^INFINIBAY_VM_ID=.' "$root/etc/environment" 2>/dev/null; then
  say "warning: no VM id was given; the host knows the machine by its virtio port only"
fi
if [ -n "${INFINISERVICE_SHARED_SECRET:-}" ]; then
  (
    umask 077
    printf 'INFINISERVICE_SHARED_SECRET=%s\n' "$INFINISERVICE_SHARED_SECRET" | put 0600 /etc/infiniservice/agent.env
  )
fi
# Files made in /tmp would keep its SELinux type (Red Hat and its relatives).
[ -n "$root" ] || ! command -v restorecon >/dev/null 2>&1 || restorecon -R /opt/infiniservice /etc/infiniservice /etc/systemd/system/infiniservice.service /etc/environment >>"$log" 2>&1 || :

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable infiniservice.service >>"$log" 2>&1
  systemctl restart infiniservice.service
  say "installed and started; systemctl status infiniservice shows it"
else
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -sfn ../infiniservice.service "$root/etc/systemd/system/multi-user.target.wants/infiniservice.service"
  say "installed and enabled; it starts with the system"
fi
