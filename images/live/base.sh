#!/usr/bin/env bash
# Builds the big, server-independent part of the live environment: kernel and a zstd cpio with Debian's tools,
# ZFS and Node. Prints the folder that holds vmlinuz, base.cpio.zst, systemd-bootx64.efi and kernel-release.
# Usage: images/live/base.sh [FLAVOUR]   FLAVOUR: cloud-amd64 (default, virtual machines) or amd64 (real hardware)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../debian.sh"

# Everything that machined's Linux host calls, and what /init needs (busybox: DHCP client and reboot).
packages=(udev kmod gdisk e2fsprogs dosfstools zfsutils-linux tar zstd curl ca-certificates iproute2 iputils-arping
  efibootmgr systemd-boot-efi util-linux mount parted fdisk busybox-static)
# Directories of drivers that no installer needs; the generic kernel is 391 MB with them.
unwanted_modules=(arch/x86/kvm sound drivers/gpu drivers/media drivers/net/wireless drivers/net/can drivers/staging drivers/iio
  drivers/hwmon drivers/infiniband drivers/input/joystick drivers/isdn drivers/leds drivers/w1 drivers/mmc
  drivers/bluetooth drivers/mtd drivers/target drivers/gnss drivers/comedi net/bluetooth net/mac80211 net/wireless
  net/can net/nfc net/netfilter net/openvswitch net/sctp net/tipc net/sched net/ceph net/rds net/batman-adv
  fs/ceph fs/nfs fs/nfsd fs/cifs fs/smb fs/ocfs2 fs/gfs2 fs/afs fs/9p fs/orangefs fs/f2fs fs/jfs fs/reiserfs fs/ubifs
  fs/jffs2 fs/nilfs2 fs/dlm fs/lockd)

flavour=${1:-cloud-amd64}
# What NICs and storage adapters of servers load before they work; virtual ones need none.
[ "$flavour" != amd64 ] || packages+=(firmware-bnx2 firmware-bnx2x firmware-cavium firmware-netxen firmware-qlogic firmware-realtek)
node=${SLIPWAY_NODE:-$here/../../node_modules/.slipway/bin/node}
[ -x "$node" ] || fail "no Node at $node; run ./slipway once (it brings the pinned Node), or set SLIPWAY_NODE"
need_root
# What follows kmod is for the ISO.
install_tools mmdebstrap zstd cpio binutils kmod dosfstools mtools xorriso grub-pc-bin
module_deb=$("$here/../zfs-module/build.sh" "$flavour")
abi=$(kernel_abi "$flavour")

# install_kernel ROOT: kernel and trimmed modules into ROOT; its image goes to $WORK/out.
install_kernel() {
  (cd "$WORK" && private_apt apt-get -qq download "linux-image-$abi" >&2)
  dpkg-deb -x "$WORK"/linux-image-*.deb "$WORK/kernel"
  dpkg-deb -x "$module_deb" "$WORK/kernel"
  mv "$WORK/kernel/boot/vmlinuz-$abi" "$WORK/out/vmlinuz"
  local folder
  for folder in "${unwanted_modules[@]}"; do rm -rf "$WORK/kernel/lib/modules/$abi/kernel/$folder"; done
  mv "$WORK/kernel/lib/modules" "$1/usr/lib/modules"
  depmod -b "$1" "$abi"
}

# make_bios_loader: GRUB as BIOS machines start it from CD (bios.img) and, written to a USB stick, from its first sectors
# (bios-usb.img). Either looks for /grub.cfg beside /esp.img on what it was started from.
make_bios_loader() {
  printf 'search --no-floppy --file --set=root /esp.img\nconfigfile /grub.cfg\n' >"$WORK/grub-early.cfg"
  grub-mkimage -O i386-pc-eltorito -p / -c "$WORK/grub-early.cfg" -o "$WORK/out/bios.img" \
    biosdisk iso9660 part_gpt part_msdos search loopback fat linux normal configfile echo serial terminal
  cp /usr/lib/grub/i386-pc/boot_hybrid.img "$WORK/out/bios-usb.img"
}

# trim ROOT: what a machine that lives for minutes never reads. Python and Perl come in as dependencies only.
trim() {
  (cd "$1" && rm -rf boot/* var/lib/apt var/cache var/lib/dpkg var/log/* usr/share/{doc,man,info,locale,lintian,bash-completion} \
    usr/share/{zoneinfo,perl5,python3,i18n,common-licenses} usr/lib/python3* usr/bin/{python,perl}* \
    usr/lib/x86_64-linux-gnu/perl-base usr/lib/x86_64-linux-gnu/gconv usr/lib/systemd/system dev/* run/* tmp/*)
  mkdir -p "$1/var/cache" "$1/var/log"
}

if begin "live-$flavour" "$(key "$(cat "$0" "$here/../debian.sh")" "$module_deb" "$(private_apt apt-cache policy "${packages[@]}" | grep Candidate)" "$(sha256sum <"$node")")"; then
  echo "building the live environment for $abi (kept in $RESULT)" >&2
  mkdir "$WORK/out"
  mmdebstrap --quiet --variant=essential --include="$(IFS=,; echo "${packages[*]}")" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    "$SLIPWAY_SUITE" "$WORK/root" - <"$APT_STATE/sources.list" >&2
  cp "$WORK/root/usr/lib/systemd/boot/efi/systemd-bootx64.efi" "$WORK/out/"
  make_bios_loader
  install_kernel "$WORK/root"
  trim "$WORK/root"
  strip -o "$WORK/root/usr/bin/node" "$node"
  for applet in reboot poweroff udhcpc arp ping vi less; do
    [ -e "$WORK/root/usr/bin/$applet" ] || [ -e "$WORK/root/usr/sbin/$applet" ] || ln -s busybox "$WORK/root/usr/bin/$applet"
  done
  (cd "$WORK/root" && find . -xdev -print0 | LC_ALL=C sort -z | cpio -0 -o -H newc --quiet --reproducible) |
    zstd -9 -T0 -q >"$WORK/out/base.cpio.zst"
  echo "$abi" >"$WORK/out/kernel-release"
  finish "$WORK/out"
fi
echo "$RESULT"
