import { Fault } from '@slipway/base'
import { lstat, readlink } from 'node:fs/promises'
import { join } from 'node:path'

const mostLinks = 40 // path_resolution(7): the kernel's own limit

/**
 * Resolves an absolute path of a system that lies below `root` the way that system itself would: links are followed
 * inside the root, whatever they say, so that no image can make us write outside it. The last part is not followed.
 */
export async function pathInRoot(root: string, path: string): Promise<string> {
  const pending = path.split('/').filter(isName)
  let done: string[] = []
  let links = 0
  while (pending.length > 0) {
    const part = pending.shift() ?? ''
    if (part === '..') {
      done = done.slice(0, -1)
      continue
    }
    const target = pending.length === 0 ? null : await linkTarget(join(root, ...done, part))
    if (target === null) {
      done.push(part)
      continue
    }
    links += 1
    if (links > mostLinks) throw new Fault('unsupported', `${path} has too many links on its way; repair the image`)
    if (target.startsWith('/')) done = []
    pending.unshift(...target.split('/').filter(isName))
  }
  return join(root, ...done)
}

function isName(part: string): boolean {
  return part !== '' && part !== '.'
}

async function linkTarget(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null)
  return found?.isSymbolicLink() ? readlink(path) : null
}
