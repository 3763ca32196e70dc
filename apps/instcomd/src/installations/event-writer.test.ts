import { beforeAll, describe, expect, it } from 'vitest'
import type { AppContext } from '../app-context.ts'
import { machineView } from '../machines/machine-view.ts'
import { machineStore } from '../machines/store.ts'
import { makeTestContext } from '../testing/make-test-context.ts'
import { freshState, happyEvents, makeTestRun } from '../testing/test-installation.ts'
import { Confirmation } from './confirmation.ts'
import { EventWriter } from './event-writer.ts'
import { RunLog } from './run-log.ts'
import { installationStore } from './store.ts'

describe('what machines report', () => {
  let context: AppContext
  let writer: EventWriter
  let log: RunLog
  beforeAll(async () => {
    context = await makeTestContext()
    log = new RunLog()
    writer = new EventWriter(context, log)
  })

  const row = (id: string) => installationStore.read(context.database, id)
  const types = async (id: string) => {
    const rows = await context.database.query<{ type: string }>(
      `SELECT type FROM (SELECT 0 AS stage, seq AS n, type, data FROM events UNION ALL SELECT 1, id, type, data FROM pending_events) e
        WHERE data ->> 'installation_id' = $1 AND type LIKE 'installation.%' ORDER BY stage, n`,
      [id],
    )
    return rows.map(({ type }) => type)
  }
  const endings = async (id: string) =>
    (await types(id)).filter((type) => /completed|failed|cancelled|rolled-back/.test(type))

  it('is stored whole: steps, log lines, state and the one terminal event', async () => {
    const run = await makeTestRun(context, 'whole')
    run.pending.push(...happyEvents(run.plan))
    await writer.write(run)
    expect(run.over).toEqual(['ended'])
    expect(await row(run.installationId)).toMatchObject({
      state: 'completed',
      percent: 100,
      confirmed: false,
      bytes_done: 2000,
      owner: null,
    })
    const steps = await installationStore.steps(context.database, run.installationId)
    expect(steps.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done', 'done'])
    const logs = await installationStore.logs(context.database, run.installationId, 0, 0, 100)
    expect(logs.map(({ message }) => message)).toEqual(run.plan.steps.map(({ id }) => `begin ${id}`))
    expect(await endings(run.installationId)).toEqual(['installation.completed'])
    const [machine] = await context.database.query(
      'SELECT shown_status, claim_id, hostname FROM machine_states WHERE machine_id = $1',
      [run.machineId],
    )
    expect(machine).toEqual({
      shown_status: 'installed',
      claim_id: null,
      hostname: expect.stringMatching(/-installed$/),
    })
  })

  it('may be replayed from any number, by the same life or the next, and changes nothing twice', async () => {
    const run = await makeTestRun(context, 'replay')
    const events = happyEvents(run.plan)
    run.pending.push(...events.slice(0, 9))
    await writer.write(run)
    const before = await types(run.installationId)
    run.pending.push(...events.slice(0, 9))
    await writer.write(run)
    expect((await types(run.installationId)).filter((type) => type === 'installation.step')).toEqual(
      before.filter((type) => type === 'installation.step'),
    )
    run.pending.push(...events)
    await writer.write(run)
    const state = { ...freshState(run.installationId, run.machineId) }
    run.state = state
    run.pending.push(...events)
    await writer.write(run)
    expect(await endings(run.installationId)).toEqual(['installation.completed'])
    expect(run.over).toEqual(['ended', 'lost'])
  })

  it('is dropped when another instance has taken the installation over', async () => {
    const run = await makeTestRun(context, 'lost')
    await context.database.query(
      `UPDATE installations SET owner = 'other', owner_fence = owner_fence + 1 WHERE installation_id = $1`,
      [run.installationId],
    )
    run.pending.push(...happyEvents(run.plan))
    await writer.write(run)
    expect(run.over).toEqual(['lost'])
    expect(await row(run.installationId)).toMatchObject({ state: 'preparing', last_seq: 0 })
    expect(await installationStore.steps(context.database, run.installationId)).toEqual([])
  })

  it('is stored for the others when one of many cannot be', async () => {
    const good = await makeTestRun(context, 'good')
    const bad = await makeTestRun(context, 'bad')
    good.pending.push(...happyEvents(good.plan))
    const [first] = happyEvents(bad.plan)
    if (first) bad.pending.push({ ...first, at: 'no time at all' })
    await Promise.all([writer.write(bad), writer.write(good)])
    expect(bad.over).toEqual(['lost'])
    expect(await row(good.installationId)).toMatchObject({ state: 'completed' })
  })

  describe('after the reboot', () => {
    let confirmation: Confirmation
    beforeAll(() => {
      confirmation = new Confirmation(context, log)
    })
    const rebooted = async (name: string, more: { once?: boolean } = {}) => {
      const run = await makeTestRun(context, name, { token: `token of ${name}`, ...more })
      run.pending.push(...happyEvents(run.plan))
      await writer.write(run)
      expect(await row(run.installationId)).toMatchObject({ state: 'confirming', phase: 'confirming', percent: 99 })
      expect(await endings(run.installationId)).toEqual([])
      return run
    }
    const report = (name: string, boot_environment = 'be', addresses: string[] = []) =>
      confirmation.report(`inst-${name}`, {
        token: `token of ${name}`,
        boot_environment,
        boot_id: 'boot-of-new-system',
        addresses,
      })

    it('the addresses that a report tells are the machine’s, and a report without any takes none away', async () => {
      const run = await rebooted('addresses')
      const shown = async () => {
        const machine = await machineStore.read(context.database, run.machineId)
        return machine && machineView(machine).system_addresses
      }
      expect(await shown()).toEqual([])
      await report('addresses', 'be', ['192.0.2.7', '2001:db8::7'])
      expect(await shown()).toEqual(['192.0.2.7', '2001:db8::7'])
      await report('addresses')
      expect(await shown()).toEqual(['192.0.2.7', '2001:db8::7'])
      await machineStore.setStatus(context.database, run.machineId, 'available')
      expect(await shown(), 'the live environment runs again').toEqual([])
    })

    it('the first-boot report completes it, once, and only with its token', async () => {
      const run = await rebooted('report')
      const wrong = { token: 'guess', boot_environment: 'be', boot_id: 'b', addresses: [] }
      await expect(confirmation.report(run.installationId, wrong)).rejects.toMatchObject({ code: 'not-authenticated' })
      expect(await Promise.all([report('report'), report('report'), report('report')])).toEqual(
        Array.from({ length: 3 }, () => ({ confirmed: true })),
      )
      expect(await row(run.installationId)).toMatchObject({ state: 'completed', confirmed: true, percent: 100 })
      expect(await endings(run.installationId)).toEqual(['installation.completed'])
    })

    it('a report that overtakes the machine’s last events waits for them', async () => {
      const run = await makeTestRun(context, 'quick', { token: 'token of quick' })
      const answer = report('quick')
      await expect.poll(() => log.isAwaited(run.installationId)).toBe(true)
      run.pending.push(...happyEvents(run.plan))
      await writer.write(run)
      expect(await answer).toEqual({ confirmed: true })
      expect(run.over).toEqual(['ended'])
      const steps = await installationStore.steps(context.database, run.installationId)
      expect(steps.map(({ started_at }) => started_at.getUTCFullYear())).toEqual([2026, 2026, 2026, 2026])
      expect(await row(run.installationId)).toMatchObject({ state: 'completed', confirmed: true })
    })

    it('a report completes what nobody runs any more, with every step settled', async () => {
      const run = await makeTestRun(context, 'orphan', { token: 'token of orphan' })
      run.pending.push(...happyEvents(run.plan).slice(0, 4))
      await writer.write(run)
      await context.database.query(
        'UPDATE installations SET owner = NULL, owner_until = NULL WHERE installation_id = $1',
        [run.installationId],
      )
      expect(await report('orphan')).toEqual({ confirmed: true })
      const steps = await installationStore.steps(context.database, run.installationId)
      expect(steps.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done', 'done'])
    })

    it('a report of another boot environment says that the machine went back', async () => {
      const run = await rebooted('went-back')
      expect(await report('went-back', 'old')).toEqual({ confirmed: false })
      expect(await endings(run.installationId)).toEqual(['installation.rolled-back'])
    })

    it('the live system showing up again is reported, and nothing is installed again', async () => {
      const run = await rebooted('again')
      await confirmation.sightedLive([{ machine_id: run.machineId, boot_id: 'boot-of-installer' }])
      expect(await row(run.installationId)).toMatchObject({ state: 'confirming' })
      await confirmation.sightedLive([{ machine_id: run.machineId, boot_id: 'another-boot-of-installer' }])
      expect(await row(run.installationId)).toMatchObject({
        state: 'failed',
        error: { code: 'booted-installer-again', kind: 'bootloader' },
      })
      await expect(report('again')).rejects.toMatchObject({ code: 'installation-terminal' })
    })

    it.each([
      ['fails', 'timeout-failed', false, 'failed'],
      ['counts as gone back where the boot environment was active for one boot', 'timeout-back', true, 'rolled-back'],
    ])('silence until commit_timeout %s', async (_, name, once, outcome) => {
      const run = await rebooted(name, { once })
      await context.database.query(
        `UPDATE installations SET confirm_by = now() - interval '1 s' WHERE installation_id = $1`,
        [run.installationId],
      )
      confirmation.start()
      await expect
        .poll(() => row(run.installationId), { timeout: 5000 })
        .toMatchObject({ state: outcome, error: { code: 'confirmation-timeout', kind: 'timeout' } })
      confirmation.stop()
      expect(await endings(run.installationId)).toEqual([`installation.${outcome}`])
    })
  })
})
