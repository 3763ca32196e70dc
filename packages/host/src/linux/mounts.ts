import { Fault, isFault } from '@slipway/base'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LinuxSystem } from './linux-system.ts'

export interface Mount {
  readonly at: string
  readonly source: string
  readonly type: string
}

/** Reads /proc/self/mountinfo (proc(5)): fields are separated by spaces, spaces in paths are written `\040`. */
export function parseMountinfo(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ')
      const [type = '', source = ''] = after.split(' ')
      return { at: unescapeOctal(before.split(' ')[4] ?? ''), source: unescapeOctal(source), type }
    })
}

function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** Everything mounted at or below a directory, in the order of mounting. */
export async function mountsBelow(system: Pick<LinuxSystem, 'proc'>, directory: string): Promise<Mount[]> {
  const mounts = parseMountinfo(await readFile(join(system.proc, 'self/mountinfo'), 'utf8'))
  return mounts.filter((mount) => mount.at === directory || mount.at.startsWith(`${directory}/`))
}

/** Unmounts everything at or below a directory, last first. */
export async function unmountBelow(system: LinuxSystem, directory: string, signal: AbortSignal): Promise<void> {
  for (const mount of (await mountsBelow(system, directory)).reverse()) {
    await unmount(system, mount.at, signal)
  }
}

/** Unmounts one mount point; one that is gone already is fine. */
export async function unmount(
  system: Pick<LinuxSystem, 'run' | 'proc'>,
  at: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await system.run(['umount', at], { signal })
  } catch (error) {
    if (!isFault(error, 'command-failed')) throw error
    if (!(await mountsBelow(system, at)).some((mount) => mount.at === at)) return
    throw new Fault('command-failed', `${at} cannot be unmounted; something still uses it`, { cause: error })
  }
}

/** The kernel file systems that programs of the target expect in a chroot. */
const kernelMounts = [
  { argv: ['mount', '-t', 'proc', 'proc'], at: 'proc' },
  { argv: ['mount', '-t', 'sysfs', '-o', 'ro', 'sysfs'], at: 'sys' },
  { argv: ['mount', '--rbind', '--make-rslave', '/dev'], at: 'dev' },
  { argv: ['mount', '-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs'], at: 'run' },
  { argv: ['mount', '-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs'], at: 'tmp' },
] as const

/** Runs `work` with those file systems mounted in the target, and takes them away again whatever happens. */
export async function withKernelMounts<T>(
  system: LinuxSystem,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const points = kernelMounts.map((mount) => join(system.targetRoot, mount.at))
  try {
    for (const [index, mount] of kernelMounts.entries()) {
      const at = points[index] ?? ''
      await mkdir(at, { recursive: true })
      await system.run([...mount.argv, at], { signal })
    }
    return await work()
  } finally {
    // A fresh deadline: this runs after a cancellation, too.
    const cleanup = AbortSignal.timeout(60_000)
    for (const point of points.reverse()) await unmountBelow(system, point, cleanup)
  }
}

/** Runs one command of the target inside the target. */
export async function runInTarget(
  system: LinuxSystem,
  argv: readonly string[],
  options: { signal: AbortSignal; deadlineMs: number },
): Promise<string> {
  const { stdout } = await system.run(['chroot', system.targetRoot, ...argv], options)
  return stdout
}
