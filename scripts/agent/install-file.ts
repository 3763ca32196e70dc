import { chmod, copyFile, mkdir, rename, utimes, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Puts a file in place by rename: whoever downloads the old one meanwhile keeps reading the old one. */
export async function installFile(
  path: string,
  content: { readonly from: string } | { readonly text: string | Uint8Array },
  mode: number,
  at: Date,
): Promise<void> {
  const making = `${path}.new-${process.pid}`
  await mkdir(dirname(path), { recursive: true })
  if ('from' in content) await copyFile(content.from, making)
  else await writeFile(making, content.text)
  await chmod(making, mode)
  await utimes(making, at, at)
  await rename(making, path)
}
