import { spawn } from 'node:child_process'
import { findProgram, unixPath } from '../scripts/find-program.ts'
import { refuse, type CommandAnswer } from './command-answer.ts'

/** The answer must have left the machine before its end begins. */
const answerFirstMs = 1_000

/** In the order in which they are looked for; each ends services in order before it restarts the machine. */
const unixRebooters: readonly (readonly [string, ...string[]])[] = [
  ['systemctl', 'reboot'],
  ['shutdown', '-r', 'now'],
  ['reboot'],
]
const windowsRebooter = ['shutdown.exe', '/r', '/t', '0', '/d', 'p:0:0'] as const

/** The argv of an orderly restart, or null when this system has no program for it. */
export function rebootCommand(
  platform: NodeJS.Platform,
  find: (name: string) => string | null,
): readonly [string, ...string[]] | null {
  if (platform === 'win32') return windowsRebooter
  for (const [name, ...args] of unixRebooters) {
    const program = find(name)
    if (program) return [program, ...args]
  }
  return null
}

/** Starts a program that outlives the agent. */
export type StartDetached = (argv: readonly [string, ...string[]]) => void

/** Answers first: the machine restarts a second after the answer was handed to the link. */
export function reboot(start: StartDetached): CommandAnswer {
  const command = rebootCommand(process.platform, (name) => findProgram(name, unixPath))
  if (!command) return refuse('unsupported', 'this machine has no program to restart it: systemctl, shutdown or reboot')
  return { data: { rebooting: true }, afterwards: () => setTimeout(() => start(command), answerFirstMs) }
}

/** Detached: the agent's own end must not stop it. */
export const startDetached: StartDetached = ([program, ...args]) => {
  const child = spawn(program, args, { detached: true, stdio: 'ignore', windowsHide: true })
  child.once('error', () => {}) // the machine stays as it is, and the next handshake's boot_id says so
  child.unref()
}
