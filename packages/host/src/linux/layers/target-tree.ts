import { Fault } from '@slipway/base'
import { lstat, readdir, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LayerTree } from '../../host.ts'
import type { CommandRunner } from '../../command/command-runner.ts'

const deadlineMs = 6 * 3_600_000 // a 100 GB image over a slow line

/**
 * The target root as a layer sees it.
 * INVARIANT: no path is followed through a symbolic link, so nothing outside the root is read, removed or written;
 * packages/oci refuses entries below links before tar sees them, and this refuses them again.
 */
export function makeTargetTree(
  system: { readonly run: CommandRunner; readonly targetRoot: string },
  tarArgv: readonly string[] = extractArgv(system.targetRoot),
): LayerTree {
  const root = system.targetRoot
  return {
    async lstat(path) {
      const full = await insideRoot(root, path)
      const found = full === null ? null : await lstat(full).catch(missingAsNull)
      if (!found) return null
      if (found.isFile()) return { kind: 'file' }
      if (found.isDirectory()) return { kind: 'directory' }
      return { kind: found.isSymbolicLink() ? 'symlink' : 'other' }
    },
    async readlink(path) {
      return readlink(await existing(root, path))
    },
    async readdir(path) {
      return readdir(await existing(root, path))
    },
    async remove(path) {
      const full = await insideRoot(root, path)
      if (full === root) throw unsafe(path, 'is the target root itself')
      if (full !== null) await rm(full, { recursive: true, force: true })
    },
    async extract(tar, signal) {
      // illumos' tar extracts into its working directory; GNU tar is told the directory as well.
      await system.run(tarArgv, { signal, input: withEnd(tar), deadlineMs, cwd: root })
    },
  }
}

/**
 * Completes the last block and adds the two zero blocks that POSIX ends an archive with (pax(1), ustar): umoci 0.4.7
 * leaves both out, and GNU tar then fails. After a complete archive zeros mean nothing; that a blob is whole is said
 * by its digest, not by its end.
 */
async function* withEnd(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const block = 512
  let bytes = 0
  for await (const chunk of tar) {
    bytes += chunk.length
    yield chunk
  }
  yield new Uint8Array(((block - (bytes % block)) % block) + 2 * block)
}

/** GNU tar 1.34: owners by number, modes as written, all extended attributes, directories' times set last. */
export function extractArgv(root: string): string[] {
  return [
    'tar',
    '--extract',
    '--file=-',
    `--directory=${root}`,
    '--numeric-owner',
    '--same-owner',
    '--preserve-permissions',
    '--xattrs',
    '--xattrs-include=*',
    '--delay-directory-restore',
    '--warning=no-timestamp',
  ]
}

/** The full path, or null when a parent is missing; throws `layer-unsafe` when it leaves the root or crosses a link. */
async function insideRoot(root: string, path: string): Promise<string | null> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (path.startsWith('/') || path.includes('\0') || parts.includes('..')) throw unsafe(path, 'leaves the target root')
  let full = root
  for (const [index, part] of parts.entries()) {
    full = join(full, part)
    if (index === parts.length - 1) return full
    const parent = await lstat(full).catch(missingAsNull)
    if (!parent) return null
    if (parent.isSymbolicLink()) throw unsafe(path, `goes through the link ${parts.slice(0, index + 1).join('/')}`)
  }
  return full
}

async function existing(root: string, path: string): Promise<string> {
  const full = await insideRoot(root, path)
  if (full === null) throw new Fault('not-found', `${path} is not in the target root`)
  return full
}

function missingAsNull(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}

function unsafe(path: string, why: string): Fault {
  return new Fault('layer-unsafe', `layer entry ${JSON.stringify(path)} ${why}; the image is not to be trusted`)
}
