#!/bin/sh
# Removes InfiniService: service, program, secret and the VM id. Settings, and results that the host has not taken, stay in
# /etc/infiniservice and /var/lib/infiniservice unless --purge is given. Running it again does no harm.
# Usage: uninstall.sh [--root DIR] [--purge]
set -eu
root='' purge=''
while [ $# -gt 0 ]; do
  case $1 in
    --root)
      [ -d "${2:-}" ] || { echo "uninstall.sh: --root wants a folder" >&2; exit 2; }
      root=$(cd "$2" && pwd)
      shift ;;
    --purge) purge=yes ;;
    *) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
  esac
  shift
done
[ "$root" != / ] || root=''
[ "$(id -u)" -eq 0 ] || { echo "uninstall.sh: failed: this must run as root; run it with sudo" >&2; exit 1; }

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl disable --now infiniservice.service >/dev/null 2>&1 || :
fi
rm -f "$root/etc/systemd/system/multi-user.target.wants/infiniservice.service" "$root/etc/systemd/system/infiniservice.service"
rm -rf "$root/opt/infiniservice" "$root/etc/infiniservice/agent.env"
if [ -f "$root/etc/environment" ]; then
  sed '/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}INFINIBAY_VM_ID=/d' "$root/etc/environment" >"$root/etc/environment.new"
  mv -f "$root/etc/environment.new" "$root/etc/environment"
fi
[ -z "$purge" ] || rm -rf "$root/etc/infiniservice" "$root/var/lib/infiniservice" "$root/var/log/infiniservice_install.log"
if [ -z "$root" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
echo "InfiniService is removed"
