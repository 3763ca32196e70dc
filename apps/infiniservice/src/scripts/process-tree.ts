import { execFile } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { runMark } from './script-environment.ts'

/** What a script has to clean up after SIGTERM. */
const graceMs = 5_000
const lookAgainMs = 50

/**
 * Ends everything a run started: SIGTERM, five seconds of grace, SIGKILL. A unix tree is the process group and whatever left it
 * but still carries the run's mark in its environment. Windows has no gentle way for a program without a window: taskkill /T /F.
 */
export async function endProcessTree(pid: number, mark: string, grace: number = graceMs): Promise<void> {
  if (process.platform === 'win32') return taskkill(pid)
  signalTree(pid, mark, 'SIGTERM')
  const until = performance.now() + grace
  while (isAnyAlive(pid, mark)) {
    if (performance.now() >= until) {
      signalTree(pid, mark, 'SIGKILL')
      return
    }
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
  }
}

/** SIGKILL at once, for what a former agent left behind; its mark is known, its process ids may be others' by now. */
export function killMarkedProcesses(mark: string): void {
  for (const stray of markedProcesses(mark)) sendSignal(stray, 'SIGKILL')
}

function signalTree(pid: number, mark: string, signal: NodeJS.Signals): void {
  sendSignal(-pid, signal)
  for (const stray of markedProcesses(mark)) sendSignal(stray, signal)
}

function isAnyAlive(pid: number, mark: string): boolean {
  return isGroupAlive(pid) || markedProcesses(mark).length > 0
}

/** A zombie has ended, but kill(2) finds it until its parent asks, which init of a container may do late or never. */
function isGroupAlive(group: number): boolean {
  if (!sendSignal(-group, 0)) return false
  const all = processIds()
  return all.length === 0 || all.some((pid) => isLiveMember(pid, group))
}

/** proc(5): the state and, two fields on, the process group follow the name, which may contain anything. */
function isLiveMember(pid: number, group: number): boolean {
  const [, state, processGroup] = /\) (\S) \S+ (\d+) [^)]*$/.exec(statOf(pid)) ?? []
  return Number(processGroup) === group && state !== 'Z' && state !== 'X'
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return '' // ended meanwhile
  }
}

function sendSignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal)
    return true
  } catch {
    return false // gone already
  }
}

/** Linux only: elsewhere /proc does not exist and the list is empty. */
function markedProcesses(mark: string): number[] {
  const wanted = Buffer.from(`\0${runMark}=${mark}\0`)
  return processIds().filter((pid) => environmentOf(pid).includes(wanted))
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid)
  } catch {
    return []
  }
}

function environmentOf(pid: number): Buffer {
  try {
    // NUL on both sides, so that the first and the last variable are found too.
    return Buffer.concat([Buffer.from('\0'), readFileSync(`/proc/${pid}/environ`), Buffer.from('\0')])
  } catch {
    return Buffer.alloc(0) // ended, or a kernel thread
  }
}

function taskkill(pid: number): Promise<void> {
  return new Promise((resolve) => {
    execFile('taskkill.exe', ['/T', '/F', '/PID', String(pid)], { timeout: 10_000 }, () => resolve())
  })
}
