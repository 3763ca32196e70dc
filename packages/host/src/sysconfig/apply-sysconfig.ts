import { Fault } from '@slipway/base'
import { createHash } from 'node:crypto'
import { chmod, chown, lstat, mkdir, open, readlink, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CommandRunner } from '../command/command-runner.ts'
import { readPlainFile } from './read-plain-file.ts'
import { pathInRoot } from './path-in-root.ts'
import { writeSysconfigRecord, type ChangeRecord } from './sysconfig-record.ts'
import type { SysconfigChange, SysconfigPlan } from './sysconfig-plan.ts'

/** What applying a plan did, or with `dryRun` would do. */
export interface SysconfigReport {
  readonly changes: readonly ChangeRecord[]
  readonly commands: readonly (readonly string[])[]
  readonly warnings: readonly string[]
}

/**
 * Brings about a plan below a root and records what changed. Idempotent: a second time nothing changes.
 * Commands run only on the running system (`root` is `/`) and only where a file they belong to changed.
 */
export async function applySysconfig(
  plan: SysconfigPlan,
  options: { root: string; dryRun: boolean; run: CommandRunner; signal: AbortSignal },
): Promise<SysconfigReport> {
  const changes: ChangeRecord[] = []
  for (const change of plan.changes) {
    options.signal.throwIfAborted()
    changes.push(await applyChange(change, options))
  }
  const changed = new Set(changes.filter((change) => change.action !== 'unchanged').map((change) => change.path))
  const commands = plan.commands.filter(
    ({ whenChanged }) =>
      options.root === '/' && (whenChanged.length === 0 || whenChanged.some((path) => changed.has(path))),
  )
  for (const command of options.dryRun ? [] : commands) {
    await options.run(command.argv, { signal: options.signal, accept: command.accept })
  }
  const report = { changes, commands: commands.map((command) => command.argv), warnings: plan.warnings }
  if (!options.dryRun && changed.size > 0) await writeSysconfigRecord(options.root, report)
  return report
}

interface Options {
  readonly root: string
  readonly dryRun: boolean
}

async function applyChange(change: SysconfigChange, options: Options): Promise<ChangeRecord> {
  const full = await pathInRoot(options.root, change.path)
  switch (change.kind) {
    case 'file':
      return applyFile(change, full, options)
    case 'directory':
      return applyDirectory(change, full, options)
    case 'link':
      return applyLink(change, full, options)
    case 'absent':
      return applyAbsent(change, full, options)
  }
}

async function applyFile(
  change: Extract<SysconfigChange, { kind: 'file' }>,
  full: string,
  options: Options,
): Promise<ChangeRecord> {
  const before = await readPresent(full)
  const found = await lstat(full).catch(() => null)
  const after = digest(change.content)
  const same = found?.isFile() && before === after && (found.mode & 0o7777) === change.mode && ownerFits(change, found)
  const record = { path: change.path, kind: change.kind, before, after, mode: octal(change.mode) }
  if (same) return { ...record, action: 'unchanged' }
  if (!options.dryRun) await replaceFile(full, change)
  return { ...record, action: found === null ? 'created' : 'changed' }
}

/** Written beside and renamed: whole or not at all, and a link in its place is replaced, not followed. */
async function replaceFile(full: string, change: Extract<SysconfigChange, { kind: 'file' }>): Promise<void> {
  await mkdir(dirname(full), { recursive: true })
  const beside = join(dirname(full), `.slipway-${process.pid}.new`)
  await rm(beside, { force: true })
  const file = await open(beside, 'wx', 0o600)
  try {
    await file.writeFile(change.content)
    await file.chmod(change.mode)
    if (process.getuid?.() === 0) await file.chown(change.owner?.uid ?? 0, change.owner?.gid ?? 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, full)
}

async function applyDirectory(
  change: Extract<SysconfigChange, { kind: 'directory' }>,
  full: string,
  options: Options,
): Promise<ChangeRecord> {
  const found = await lstat(full).catch(() => null)
  if (found && !found.isDirectory()) {
    throw new Fault('conflict', `${change.path} is not a directory; move it away and apply again`)
  }
  const record = { path: change.path, kind: change.kind, before: null, after: null, mode: octal(change.mode) }
  if (found && (found.mode & 0o7777) === change.mode && ownerFits(change, found)) {
    return { ...record, action: 'unchanged' }
  }
  if (!options.dryRun) {
    await mkdir(full, { recursive: true })
    await chmod(full, change.mode)
    if (process.getuid?.() === 0) await chown(full, change.owner?.uid ?? 0, change.owner?.gid ?? 0)
  }
  return { ...record, action: found ? 'changed' : 'created' }
}

async function applyLink(
  change: Extract<SysconfigChange, { kind: 'link' }>,
  full: string,
  options: Options,
): Promise<ChangeRecord> {
  const before = await readlink(full).catch(() => null)
  const record = { path: change.path, kind: change.kind, before, after: change.target, mode: null }
  if (before === change.target) return { ...record, action: 'unchanged' }
  const found = await lstat(full).catch(() => null)
  if (found?.isDirectory()) throw new Fault('conflict', `${change.path} is a directory; move it away and apply again`)
  if (!options.dryRun) {
    await mkdir(dirname(full), { recursive: true })
    const beside = join(dirname(full), `.slipway-${process.pid}.new`)
    await rm(beside, { force: true })
    await symlink(change.target, beside)
    await rename(beside, full)
  }
  return { ...record, action: found ? 'changed' : 'created' }
}

async function applyAbsent(
  change: Extract<SysconfigChange, { kind: 'absent' }>,
  full: string,
  options: Options,
): Promise<ChangeRecord> {
  const before = await readPresent(full)
  const found = await lstat(full).catch(() => null)
  const record = { path: change.path, kind: change.kind, before, after: null, mode: null }
  if (!found) return { ...record, action: 'unchanged' }
  if (!options.dryRun) await rm(full, { force: true })
  return { ...record, action: 'removed' }
}

function ownerFits(change: { owner?: { uid: number; gid: number } }, found: { uid: number; gid: number }): boolean {
  if (process.getuid?.() !== 0) return true // only root can give files away; tests run as anybody
  return found.uid === (change.owner?.uid ?? 0) && found.gid === (change.owner?.gid ?? 0)
}

async function readPresent(full: string): Promise<string | null> {
  const text = await readPlainFile(full)
  return text === null ? null : digest(text)
}

function digest(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
