#!/usr/bin/env bash
# Builds the OpenZFS kernel module once per kernel and wraps it as a .deb that provides zfs-modules,
# so that images get ZFS without a compiler (dkms compiles for minutes). Prints the path of the .deb.
# Usage: images/zfs-module/build.sh [FLAVOUR]   FLAVOUR: cloud-amd64 (default) or amd64
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../debian.sh"

need_root
install_tools mmdebstrap
refresh_apt
abi=$(kernel_abi "${1:-cloud-amd64}")
kernel=$(package_version "linux-image-$abi")
zfs=$(package_version zfs-dkms)

if begin zfs-module "$abi-$(key "$(cat "$0")" "$kernel" "$zfs")"; then
  echo "compiling OpenZFS $zfs for $abi (minutes; kept in $RESULT)" >&2
  # busybox: zfs-initramfs and the kernel's own trigger want it; without it the package set ends half configured.
  mmdebstrap --quiet --variant=minbase --include="dkms,linux-headers-$abi,zfs-dkms" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --customize-hook='tar -C "$1/lib/modules" -cf "'"$WORK"'/modules.tar" "'"$abi"'/updates"' \
    "$SLIPWAY_SUITE" "$WORK/unused.tar" - <"$APT_STATE/sources.list" >&2
  mkdir -p "$WORK/deb/DEBIAN" "$WORK/deb/lib/modules" "$WORK/out"
  tar -C "$WORK/deb/lib/modules" -xf "$WORK/modules.tar"
  [ -n "$(find "$WORK/deb" -name 'zfs.ko*')" ] || fail "dkms made no zfs module for $abi"
  cat >"$WORK/deb/DEBIAN/control" <<CONTROL
Package: zfs-modules-$abi
Version: $zfs
Architecture: amd64
Maintainer: Slipway <root@localhost>
Provides: zfs-modules
Depends: linux-image-$abi (= $kernel)
Description: OpenZFS kernel modules built for one kernel
CONTROL
  dpkg-deb --root-owner-group -Zzstd --build "$WORK/deb" "$WORK/out/zfs-modules.deb" >&2
  finish "$WORK/out"
fi
echo "$RESULT/zfs-modules.deb"
