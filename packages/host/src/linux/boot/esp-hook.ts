import { Fault } from '@slipway/base'
import { applySysconfig } from '../../sysconfig/apply-sysconfig.ts'
import type { SysconfigChange } from '../../sysconfig/sysconfig-plan.ts'
import type { LinuxSystem } from '../linux-system.ts'

/** Where the installed system keeps what its hook needs: the boot environment, then one partition UUID per ESP. */
export const espListPath = '/etc/slipway/esps'
const program = '/usr/lib/slipway/refresh-esps'

/**
 * Copies the newest kernel and ramdisk to every ESP that is there. Written for /bin/sh because a kernel package's
 * hooks must not need anything that an upgrade may have half replaced.
 */
export const refreshScript = `#!/bin/sh
# Copies the newest kernel and its initial ramdisk to every EFI system partition of this machine, so that each disk
# boots alone. Called by the hooks of kernel and initramfs packages. Written by Slipway.
set -eu
list=\${SLIPWAY_ESPS:-${espListPath}}
[ -r "$list" ] || exit 0
be=$(sed -n 's/^boot-environment //p' "$list")
kernel=$(ls -1 /boot/vmlinuz-* 2>/dev/null | sort -V | tail -n 1)
[ -n "$kernel" ] || exit 0
initrd=/boot/initrd.img-\${kernel#/boot/vmlinuz-}
# A kernel package's hook runs before its ramdisk is made; the ramdisk's own hook comes after.
[ -s "$initrd" ] || exit 0
status=0
for uuid in $(sed -n 's/^esp //p' "$list"); do
  device=/dev/disk/by-partuuid/$uuid
  if [ ! -e "$device" ]; then
    echo "slipway: the EFI system partition $uuid is not there; skipped" >&2
    continue
  fi
  at=$(mktemp -d /run/slipway-esp.XXXXXX)
  if mount -t vfat -o umask=0077 "$device" "$at"; then
    folder=$at/EFI/slipway/$be
    mkdir -p "$folder"
    if cp "$kernel" "$folder/vmlinuz.new" && cp "$initrd" "$folder/initrd.img.new" && sync -f "$folder"; then
      # Ramdisk and kernel must fit each other; between the two renames lies as little as can be.
      mv "$folder/initrd.img.new" "$folder/initrd.img"
      mv "$folder/vmlinuz.new" "$folder/vmlinuz"
    else
      rm -f "$folder/vmlinuz.new" "$folder/initrd.img.new"
      echo "slipway: $uuid could not be refreshed (full?); its old kernel stays" >&2
      status=1
    fi
    umount "$at"
  else
    status=1
  fi
  rmdir "$at"
done
exit $status
`

const hook = `#!/bin/sh
# Keeps every EFI system partition up to date. Written by Slipway.
exec ${program}
`

/** Debian runs these after a kernel was installed and after a ramdisk was made (run-parts(8): no dots in names). */
const hookPaths = ['/etc/kernel/postinst.d/zz-slipway-esps', '/etc/initramfs/post-update.d/zz-slipway-esps'] as const

/** Puts the hook and the list of ESPs into the target. */
export async function installEspHook(
  system: LinuxSystem,
  input: { bootEnvironment: string; partUuids: readonly string[]; signal: AbortSignal },
): Promise<void> {
  const bad = input.partUuids.find((uuid) => !/^[0-9a-f-]{8,36}$/.test(uuid))
  if (bad !== undefined) throw new Fault('internal', `${JSON.stringify(bad)} is not a partition UUID`)
  const list = [`boot-environment ${input.bootEnvironment}`, ...input.partUuids.map((uuid) => `esp ${uuid}`), '']
  const changes: SysconfigChange[] = [
    { kind: 'file', path: espListPath, content: list.join('\n'), mode: 0o644 },
    { kind: 'file', path: program, content: refreshScript, mode: 0o755 },
    ...hookPaths.map((path): SysconfigChange => ({ kind: 'file', path, content: hook, mode: 0o755 })),
  ]
  await applySysconfig(
    { changes, commands: [], warnings: [] },
    { root: system.targetRoot, dryRun: false, run: system.run, signal: input.signal },
  )
}
