import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '@slipway/base'
import type { HostMessage } from '@slipway/protocol'
import { checkArtifact } from './check-artifact.ts'
import { download } from './download.ts'
import type { MinisignKey } from './minisign.ts'

/** A program that does not say its version by then will not serve either. */
const versionDeadlineMs = 30_000

export interface FetchUpdateOptions {
  readonly update: HostMessage<'update'>
  /** Holds the unfinished download, so that it goes on after a restart. */
  readonly folder: string
  /** Where the checked program goes, beside the running one. */
  readonly staged: string
  readonly key: MinisignKey
  readonly caPem: string | null
  readonly signal: AbortSignal
}

/**
 * Downloads an update, checks it, and leaves it at `staged`, ready to be swapped in. Nothing of it is run before its
 * signature is right; then it is asked for its version, which finds a wrong architecture before the swap. Throws Faults.
 */
export async function fetchUpdate(options: FetchUpdateOptions): Promise<void> {
  const { update, folder, staged } = options
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, `${update.sha256}.part`)
  for (const other of readdirSync(folder))
    if (join(folder, other) !== file) rmSync(join(folder, other), { force: true })
  await download({ url: update.url, file, caPem: options.caPem, signal: options.signal })
  try {
    await checkArtifact(file, { ...update, key: options.key }, options.signal)
    copyFileSync(file, staged)
    chmodSync(staged, 0o755)
  } finally {
    rmSync(file, { force: true }) // wrong: of no use again; right: it lies beside the program now
  }
  try {
    await checkRuns(staged, update.version, options.signal)
  } catch (error) {
    rmSync(staged, { force: true })
    throw error
  }
}

async function checkRuns(program: string, version: string, signal: AbortSignal): Promise<void> {
  const said = await new Promise<string>((resolve, reject) => {
    execFile(program, ['--version'], { signal, timeout: versionDeadlineMs, env: {} }, (error, stdout) => {
      if (error) reject(new Fault('unsupported', `the update does not run here: ${error.message}`, { cause: error }))
      else resolve(stdout.trim())
    })
  })
  if (said !== version)
    throw new Fault(
      'invalid-request',
      `the update says that it is version ${said}, not ${version}; it was not installed`,
    )
}
