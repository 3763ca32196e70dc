#!/usr/bin/env bash
# Builds the part of the sample image that does not change with Slipway's own code, as an OCI layout `layout` with the
# image `system`: layer 1 Debian with systemd, layer 2 kernel, ZFS root support and boot tools, layer 3 Node for our
# own programs on the machine. Prints its folder.
# Small on purpose: unpacking is what an installation under software emulation waits for.
# Usage: images/sample/system.sh [FLAVOUR]   FLAVOUR: cloud-amd64 (default) or amd64; the same as the live environment's
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../debian.sh"

# systemd-resolved needs D-Bus; iproute2 is for people on the console.
base_packages=(systemd systemd-sysv systemd-resolved dbus udev kmod iproute2 netbase)
boot_packages=(initramfs-tools busybox zstd zfs-initramfs dosfstools e2fsprogs systemd-boot-efi efibootmgr gdisk grub2-common grub-pc-bin)

flavour=${1:-cloud-amd64}
node=${SLIPWAY_NODE:-$here/../../node_modules/.slipway/bin/node}
[ -x "$node" ] || fail "no Node at $node; run ./slipway once (it brings the pinned Node), or set SLIPWAY_NODE"
need_root
install_tools mmdebstrap umoci binutils
module_deb=$("$here/../zfs-module/build.sh" "$flavour")
abi=$(kernel_abi "$flavour")

# without_python: a package that stands in for python3, which only ZFS's statistics scripts want (25 MB, 700 files).
without_python() {
  mkdir -p "$WORK/python/DEBIAN"
  cat >"$WORK/python/DEBIAN/control" <<'CONTROL'
Package: python3
Version: 3.11.2-1+slipway1
Architecture: amd64
Multi-Arch: allowed
Maintainer: Slipway <root@localhost>
Description: stands in for python3, which this image leaves out
CONTROL
  dpkg-deb --root-owner-group --build "$WORK/python" "$WORK/python3.deb" >&2
}

# clean ROOT: what apt and package scripts leave behind and the installed machine makes anew.
clean() {
  (cd "$1" && rm -rf var/lib/apt/lists/* var/cache/apt/* var/cache/debconf/*-old var/log/*.log var/log/apt/* \
    var/lib/dpkg/*-old usr/sbin/policy-rc.d run/* tmp/* etc/machine-id var/lib/dbus/machine-id)
  # Empty, not missing: systemd then makes an id on first boot and keeps it.
  : >"$1/etc/machine-id"
}

# in_root ROOT COMMAND...: chroot with the file systems that package scripts expect, in a mount namespace of its own.
in_root() {
  local root=$1
  shift
  unshare --mount -- bash -euc 'root=$1; shift
    mount -t proc proc "$root/proc"; mount -t sysfs sys "$root/sys"; mount --rbind /dev "$root/dev"; mount -t tmpfs tmpfs "$root/run"
    mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
    DEBIAN_FRONTEND=noninteractive LC_ALL=C exec chroot "$root" "$@"' in_root "$root" "$@"
}

build_base() {
  mmdebstrap --quiet --variant=minbase --include="$(IFS=,; echo "${base_packages[*]}")" \
    --setup-hook='mkdir -p "$1/etc/dpkg/dpkg.cfg.d"; cp "'"$here"'/dpkg-excludes" "$1/etc/dpkg/dpkg.cfg.d/slipway-excludes"' \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --format=directory \
    "$SLIPWAY_SUITE" "$1" - <"$APT_STATE/sources.list" >&2
  clean "$1"
}

install_boot() {
  cp -rT "$here/rootfs" "$1"
  cp "$module_deb" "$WORK/python3.deb" "$1/tmp/"
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod 0755 "$1/usr/sbin/policy-rc.d"
  rm -f "$1/etc/resolv.conf" && touch "$1/etc/resolv.conf"
  # The initial ramdisk is made on the installed machine, after its hostid is written: INITRD=No skips it here.
  in_root "$1" sh -euc 'apt-get -qq update
    INITRD=No apt-get install -y -qq --no-install-recommends /tmp/python3.deb /tmp/zfs-modules.deb linux-image-'"$abi"' '"${boot_packages[*]}"'
    systemctl enable systemd-networkd.service systemd-resolved.service serial-getty@ttyS0.service
    depmod '"$abi" >&2
  rm -f "$1"/boot/initrd.img* "$1"/initrd.img* "$1"/vmlinuz*
  clean "$1"
  # Written by systemd-resolved at run time.
  ln -sf ../run/systemd/resolve/stub-resolv.conf "$1/etc/resolv.conf"
}

# add_layer FOLDER: one more layer for the image.
add_layer() {
  "$node" "$here/../oci-layer.ts" "$WORK/out/layout" system "$1"
}

# add_node: the pinned Node where the unit of sysconfig expects it.
add_node() {
  mkdir -p "$WORK/node/opt/slipway/node/bin"
  strip -o "$WORK/node/opt/slipway/node/bin/node" "$node"
  chmod 0755 "$WORK/node/opt/slipway/node/bin/node"
  add_layer "$WORK/node"
}

inputs=$(cat "$0" "$here/dpkg-excludes" "$here/../debian.sh" "$here/../oci-layer.ts"; find "$here/rootfs" -type f -exec sha256sum {} + | sed "s|$here||" | sort)
if begin "sample-system-$flavour" "$(key "$inputs" "$module_deb" "$(private_apt apt-cache policy "${base_packages[@]}" "${boot_packages[@]}" | grep Candidate)" "$(sha256sum <"$node")")"; then
  echo "building the sample system for $abi (kept in $RESULT)" >&2
  mkdir "$WORK/out"
  without_python
  build_base "$WORK/base"
  umoci init --layout "$WORK/out/layout"
  umoci new --image "$WORK/out/layout:system"
  add_layer "$WORK/base"
  umoci unpack --image "$WORK/out/layout:system" "$WORK/bundle" >&2
  install_boot "$WORK/bundle/rootfs"
  umoci repack --image "$WORK/out/layout:system" "$WORK/bundle" >&2
  add_node
  umoci config --image "$WORK/out/layout:system" --architecture amd64 --os linux \
    --config.label org.slipway.boot=uefi,bios --config.label org.slipway.min-disk-bytes=2147483648
  umoci gc --layout "$WORK/out/layout" >&2
  du -sm "$WORK/bundle/rootfs" >&2
  echo "$abi" >"$WORK/out/kernel-release"
  finish "$WORK/out"
fi
echo "$RESULT"
