/** A file for an initramfs; parent folders are added by `writeCpio`. Mode is the permission bits, such as 0o600. */
export interface CpioFile {
  readonly path: string
  readonly mode: number
  readonly content: Uint8Array
}

interface Entry {
  readonly path: string
  readonly mode: number
  readonly content: Uint8Array
}

const directory = 0o040000
const regularFile = 0o100000
const nothing = new Uint8Array(0)

/**
 * Packs files owned by root into an uncompressed newc archive that the kernel unpacks over an earlier one.
 * It starts at a multiple of four only if the caller pads what stands before it (Linux: init/initramfs.c).
 * Format: man 5 cpio, "New ASCII Format".
 */
export function writeCpio(files: readonly CpioFile[]): Uint8Array {
  const folders = [...new Set(files.flatMap((file) => parents(file.path)))].sort()
  const entries: Entry[] = [
    ...folders.map((path) => ({ path, mode: directory | 0o755, content: nothing })),
    ...files.map((file) => ({ ...file, mode: regularFile | file.mode })),
    { path: 'TRAILER!!!', mode: 0, content: nothing },
  ]
  return Buffer.concat(entries.flatMap((entry, index) => record(entry, index)))
}

function parents(path: string): string[] {
  const names = path.split('/').slice(0, -1)
  return names.map((_, depth) => names.slice(0, depth + 1).join('/'))
}

function record(entry: Entry, inode: number): Uint8Array[] {
  const name = Buffer.from(`${entry.path}\0`)
  const isTrailer = entry.path === 'TRAILER!!!'
  // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const fields = [inode, entry.mode, 0, 0, 1, 0, entry.content.length, 0, 0, 0, 0, name.length, 0]
  if (isTrailer) fields[0] = 0
  const header = Buffer.from('070701' + fields.map((field) => field.toString(16).padStart(8, '0')).join(''))
  return [header, name, padding(header.length + name.length), entry.content, padding(entry.content.length)]
}

/** Zero bytes up to the next multiple of four. */
export function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4)
}
