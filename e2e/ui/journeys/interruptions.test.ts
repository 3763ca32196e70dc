import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  freePorts,
  serveRandomImage,
  startDelayProxy,
  startMachines,
  startRegistryProxy,
  startServer,
  type RegistryProxy,
  type Server,
} from '@slipway/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchBrowser, openPage } from '../browser.ts'
import { clickThrough, seeEnd } from './walk.ts'

describe.skipIf(chromiumPath === undefined)('what happens beside', () => {
  const cleanups: (() => Promise<unknown>)[] = []
  let server: Server
  let registry: RegistryProxy
  let browser: Browser
  let start: () => Promise<Server>
  let machines: string[]
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-interruptions-'))
    // Passable for others: as root, PostgreSQL runs as an unprivileged user below it.
    await chmod(folder, 0o711)
    cleanups.push(() => rm(folder, { recursive: true, force: true }))
    const image = await serveRandomImage(join(folder, 'image'), 4 * 1024 * 1024)
    cleanups.push(() => image.close())
    registry = await startRegistryProxy({ targetPort: image.port })
    cleanups.push(() => registry.close())
    const [discoveryPort = 0, port = 0, machinePort = 0] = await freePorts(3)
    start = () => startServer({ dataDir: join(folder, 'server'), discoveryPort, ports: [port, machinePort] })
    server = await start()
    cleanups.push(() => server.stop())
    const rack = await startMachines({ server, count: 3, dataDir: join(folder, 'machines'), discoveryPort })
    cleanups.push(() => rack.stop())
    machines = (await server.machines(3)).map(({ machine_id }) => machine_id)
    browser = await launchBrowser()
    cleanups.push(() => browser.close())
  }, 120_000)
  afterAll(async () => {
    for (const clean of cleanups.toReversed()) await clean()
  })
  const visit = (url = server.url) => openPage(browser, { url, token: server.token })

  it('of two browsers one holds the machine, the other sees who and until when, and may go on when it is released', async () => {
    const [machine = ''] = machines
    const [one, other] = [await visit(), await visit()]
    for (const page of [one, other]) await page.goto(`/machines/${machine}`)
    await other.getByRole('link', { name: 'Install…' }).waitFor()
    await one.getByRole('button', { name: 'Claim' }).click()
    await one.getByText('this browser').waitFor()
    await other.getByText('Not installable now: claimed by admin').waitFor()
    await other.goto(`/install/storage?machine=${machine}`)
    await other.getByRole('combobox', { name: 'Reference' }).fill(`${registry.host}/test/image:latest`)
    await other.getByText('There, and made for this machine').waitFor()
    await clickThrough(other, machine)
    await other.getByText('admin holds this machine').waitFor()
    await other.getByText('The installation was not started').waitFor()
    await one.getByRole('button', { name: 'Release' }).click()
    await other.getByText('admin holds this machine').waitFor({ state: 'detached' })
    await other.getByRole('button', { name: 'Install', exact: true }).click()
    await seeEnd(other, 'completed')
    await one.getByText('installed', { exact: true }).first().waitFor()
    for (const page of [one, other]) await page.context().close()
  }, 120_000)

  it('instcomd is killed in the middle of a layer and started again: the page says so, and recovers by itself', async () => {
    const [, machine = ''] = machines
    const page = await visit()
    await page.goto(`/install/storage?machine=${machine}`)
    await page.getByRole('combobox', { name: 'Reference' }).fill(`${registry.host}/test/image:latest`)
    await page.getByText('There, and made for this machine').waitFor()
    const held = registry.holdBlobs(1024 * 1024)
    await clickThrough(page, machine)
    await held.reached
    await page.getByText('pulling', { exact: true }).first().waitFor()
    await server.stop('SIGKILL')
    await page.getByText('No connection to the server').waitFor()
    await page.getByText('pulling', { exact: true }).first().waitFor() // what was known stays
    server = await start()
    held.release()
    await page.getByText('No connection to the server').waitFor({ state: 'detached', timeout: 30_000 })
    await seeEnd(page, 'completed')
    await page.context().close()
  }, 120_000)

  it('misses nothing while it was offline, and needs no reload', async () => {
    const [, , machine = ''] = machines
    const line = await startDelayProxy(Number(new URL(server.url).port))
    const page = await visit(line.url)
    await page.goto('/machines')
    const row = page.getByRole('row').filter({ hasText: machine })
    await row.getByText('available').waitFor()
    await line.cut()
    await page.getByText('No connection to the server').waitFor()
    await server.client.call('claimMachine', { params: { machine_id: machine }, body: {} })
    expect(await row.getByText('available').isVisible()).toBe(true)
    await page.evaluate(() => Object.assign(window, { notReloaded: true }))
    await line.mend()
    await row.getByText('claimed').waitFor({ timeout: 30_000 })
    expect(await page.evaluate(() => 'notReloaded' in window)).toBe(true)
    await page.context().close()
    await line.close()
  }, 90_000)
})
