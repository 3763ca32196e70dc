import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { measureTree } from '../process-tree.ts'
import type { Contender } from './contenders.ts'

/** One timed run; `tree` is the digest of the tree that it left. */
export interface Run {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
  readonly tree: string
}

/** How often memory is looked at; a peak between two looks is missed. */
const sampleMs = 50

/**
 * Runs a contender into a new directory; flushing before and hashing after are outside the clock.
 * Nothing is deleted between runs: ext4 looks at every inode deleted in the last seconds before it takes another
 * (`recently_deleted`, fs/ext4/ialloc.c), which made a run after a deletion of 40 000 files up to five times as slow.
 */
export async function measureRun(contender: Contender, target: string): Promise<Run> {
  mkdirSync(target, { recursive: true })
  execFileSync('sync')
  let peakBytes = 0
  const started = performance.now()
  // `times` prints the CPU time of the shell and, in its second line, of all that it waited for.
  const child = spawn(
    'bash',
    ['-c', `set -o pipefail; (${contender.command(target)}) >/dev/null; code=$?; times >&3; exit $code`],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    },
  )
  let times = ''
  child.stdio[3]?.on('data', (chunk: Buffer) => (times += chunk.toString()))
  const sampler = setInterval(() => (peakBytes = Math.max(peakBytes, measureTree(child.pid ?? -1).rssBytes)), sampleMs)
  const [code] = await once(child, 'close')
  clearInterval(sampler)
  const seconds = (performance.now() - started) / 1000
  if (code !== 0) throw new Error(`${contender.name} ended with ${String(code)}`)
  const tree = digestTree(join(target, contender.root))
  return { seconds, cpuSeconds: cpuOf(times), peakBytes, tree }
}

/** One digest of all contents, modes, owners, links and extended attributes, by GNU tar alone; times are left out. */
export function digestTree(root: string): string {
  const flags =
    "--sort=name --mtime=@0 --numeric-owner --xattrs --xattrs-include='*' --format=pax --pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime"
  const script = `set -o pipefail; tar -C '${root}' ${flags} -cf - . | sha256sum`
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).slice(0, 64)
}

/** Both lines of bash's `times`, as 0m1.234s, in seconds. */
function cpuOf(times: string): number {
  return [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  )
}
