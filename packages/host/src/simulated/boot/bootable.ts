import type { FileTree } from '../state.ts'
import { entryAt } from '../tree/file-tree.ts'

/** A file whose presence makes a simulated boot fail: the model's stand-in for an init that crashes. */
export const bootFailsPath = 'etc/slipway/simulated-boot-fails'

const kernels = [
  /^boot\/(?:vmlinuz|vmlinux|Image|kernel)[^/]*$/, // Debian, Ubuntu, RedHat and most others
  /^(?:usr\/)?lib\/modules\/[^/]+\/vmlinuz$/, // Fedora, Arch
  /^vmlinuz$/,
  /^platform\/[^/]+\/kernel\/(?:[^/]+\/)?unix$/, // illumos: boot(8)
]

/** The kernel that a system brings, or null: an image without one cannot be started by anything. */
export function kernelOf(tree: FileTree): string | null {
  for (const overlay of tree.overlays) {
    for (const [path, entry] of overlay.entries) {
      if (entry !== null && kernels.some((kernel) => kernel.test(path)) && entryAt(tree, path) !== null) return path
    }
  }
  return null
}

/** Why a root file system would not come up; null when it would. */
export function whyNotBootable(tree: FileTree): string | null {
  if (tree.preinstalled) return null
  if (tree.begun !== null) return 'a layer is only half unpacked'
  if (kernelOf(tree) === null) return 'it has no kernel'
  if (tree.boot_archive === null) return 'it has no boot archive'
  if (entryAt(tree, bootFailsPath) !== null) return `its init fails (${bootFailsPath} is there)`
  return null
}
