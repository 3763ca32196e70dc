import { spawn } from 'node:child_process'
import { lstat, readdir, readlink, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { LayerTarget } from '../layer/layer-target.ts'

/** Unpacks with GNU tar into a directory: what the tests look at is what a real tar made. */
export function makeGnuTarTarget(root: string): LayerTarget {
  const at = (relative: string): string => path.join(root, relative)
  return {
    async lstat(relative) {
      const found = await lstat(at(relative)).catch(() => null)
      if (found === null) return null
      if (found.isFile()) return { kind: 'file' }
      if (found.isDirectory()) return { kind: 'directory' }
      return { kind: found.isSymbolicLink() ? 'symlink' : 'other' }
    },
    readlink: (relative) => readlink(at(relative)),
    readdir: (relative) => readdir(at(relative)),
    remove: (relative) => rm(at(relative), { recursive: true, force: true }),
    async extract(tar, signal) {
      const argv = [
        '-x',
        '-p',
        '--numeric-owner',
        process.getuid?.() === 0 ? '--same-owner' : '--no-same-owner',
        '--xattrs',
        '--xattrs-include=*',
        '-C',
        root,
        '-f',
        '-',
      ]
      const child = spawn('tar', argv, { stdio: ['pipe', 'ignore', 'pipe'], signal })
      let words = ''
      child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()))
      const ended = new Promise<number | null>((resolve, reject) => {
        child.once('error', reject)
        child.once('close', resolve)
      })
      const [fed, code] = await Promise.allSettled([pipeline(tar, child.stdin), ended])
      if (fed.status === 'rejected') throw fed.reason
      if (code.status === 'rejected') throw code.reason
      if (code.value !== 0) throw new Error(`tar ended with ${code.value}: ${words}`)
    },
  }
}
