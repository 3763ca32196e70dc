import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault, silentLogger } from '@slipway/base'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StepContext } from '../../host.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { testContext, testStep } from '../testing/test-step.ts'
import { makeExportPool } from './export-pool.ts'

const step = testStep('export-pool', { pool: 'rpool' })
const hang = new Fault('step-timeout', 'zpool export rpool did not end when it was killed', {
  details: { kernel_waits: ['zpool: cv_wait_common < txg_wait_synced_impl'] },
})
let proc = ''
beforeEach(async () => {
  proc = await mkdtemp(join(tmpdir(), 'slipway-proc-'))
  await mkdir(join(proc, 'self'))
  await writeFile(join(proc, 'self/mountinfo'), '')
})
afterEach(() => rm(proc, { recursive: true, force: true }))

test('an export that hangs in the kernel is told, and the installation goes on to its restart', async () => {
  const { executor, context, logged } = makeCase({ fails: hang })
  await executor.apply(step, context)
  expect(logged).toEqual([`warn ${hang.message}; the new system takes the pool over after the restart`])
})

test('without a restart to come the hang is the step’s error', async () => {
  const { executor, context } = makeCase({ fails: hang, reboot: false })
  await expect(executor.apply(step, context)).rejects.toBe(hang)
})

test('where the target is left early, no restart comes either', async () => {
  const { executor, context } = makeCase({ fails: hang, signal: AbortSignal.abort(hang) })
  await expect(executor.apply(step, context)).rejects.toBe(hang)
})

test('every other failure is the step’s error', async () => {
  const busy = new Fault('command-failed', "zpool export rpool ended with 1: cannot export 'rpool': pool is busy")
  const { executor, context, logged } = makeCase({ fails: busy })
  await expect(executor.apply(step, context)).rejects.toBe(busy)
  expect(logged).toEqual([])
})

function makeCase(input: { fails: Fault; reboot?: boolean; signal?: AbortSignal }) {
  const system: LinuxSystem = {
    run: (argv) => (argv[1] === 'export' ? Promise.reject(input.fails) : Promise.reject(new Error(argv.join(' ')))),
    logger: silentLogger,
    dev: '/dev',
    sys: '/sys',
    proc,
    targetRoot: '/mnt/target',
    runDirectory: '/run/slipway',
    agentFolder: '/usr/lib/slipway/agent',
    diskTypes: ['disk'],
  }
  const logged: string[] = []
  const usual = testContext('inst_0123456789abcdefghjkmnpq')
  const context: StepContext = {
    ...usual,
    plan: { ...usual.plan, reboot: input.reboot ?? true },
    signal: input.signal ?? usual.signal,
    log: (level, message) => void logged.push(`${level} ${message}`),
  }
  return { executor: makeExportPool(system, () => undefined), context, logged }
}
