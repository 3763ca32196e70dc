#!/bin/sh
# Says on the serial console what is so in the booted system; the VM journeys read it there.
fact() {
  printf "SLIPWAY-FACT %s=%s\n" "$1" "$2" >/dev/ttyS0
}
lines() {
  tr '\n' ' ' | sed 's/ $//'
}
fact hostname "$(cat /proc/sys/kernel/hostname)"
fact root "$(findmnt -n -o SOURCE,FSTYPE / | tr -s ' ')"
fact address "$(ip -4 -o address show scope global | awk '{ print $2, $4 }' | lines)"
fact dns "$(sed -n 's/^nameserver //p' /run/systemd/resolve/resolv.conf | lines)"
fact pool "$(zpool list -H -o name,health 2>&1 | tr '\t' ' ' | lines)"
fact pool_status "$(zpool status 2>&1 | sed -n 's/^ *status: *//p' | lines)"
fact disks "$(lsblk -dn -o NAME,SERIAL | tr -s ' ' | lines)"
fact firmware "$(if [ -d /sys/firmware/efi ]; then echo uefi; else echo bios; fi)"
fact command "$(cat /proc/cmdline)"
fact failed_units "$(systemctl --failed --no-legend --plain | awk '{ print $1 }' | lines)"
fact images "$(cat /etc/slipway/image 2>/dev/null | lines)"
if [ -e /usr/lib/slipway-facts/tree ]; then
  # Content, names, modes, owners and links of everything that came from the image and that no machine changes. The one
  # program that the installer itself adds there is left out.
  fact tree "$(cd / && tar --sort=name --mtime=@0 --numeric-owner --exclude=usr/lib/slipway/refresh-esps -cf - usr opt | sha256sum | cut -d' ' -f1)"
fi
fact end "$(cat /proc/sys/kernel/random/boot_id)"
