import { startRack, startRegistryProxy, type Rack } from '@slipway/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchBrowser, openPage } from '../browser.ts'
import { clickThrough, seeEnd } from './walk.ts'

describe.skipIf(chromiumPath === undefined)('an installation that fails leads to its cure', () => {
  let rack: Rack
  let browser: Browser
  beforeAll(async () => {
    rack = await startRack({ machines: 3, install: true, faults: ['disk-fail:sim-0003'] })
    browser = await launchBrowser()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await rack?.stop()
  })

  it('a disk fails: the page names it, offers other disks, and the second try completes', async () => {
    const page = await openPage(browser, { url: rack.url, token: rack.token })
    await page.goto('/install/storage?machine=sim-0003')
    await clickThrough(page, 'sim-0003')
    await seeEnd(page, 'failed')
    const failure = page.getByRole('alert')
    await failure.getByText(/disk/u).first().waitFor()
    const remedy = failure.getByRole('link').first()
    const offered = await remedy.innerText()
    await remedy.click()
    await page.waitForURL(/\/install\/storage\?machine=sim-0003$/u) // the address is plain once the layout is taken over
    await page.getByRole('button', { name: /^Next: Network/u }).waitFor()
    expect(offered).not.toBe('')
    await clickThrough(page, 'sim-0003')
    await seeEnd(page, 'completed')
    expect(page.problems).toEqual([])
    await page.context().close()
  }, 180_000)

  it('a registry goes down in the middle of a layer: the page says how far the way goes, and another reference completes', async () => {
    const { host } = new URL(rack.image.replace('oci:', 'http:'))
    const proxy = await startRegistryProxy({ targetPort: Number(host.split(':')[1]) })
    const held = proxy.holdBlobs(1024 * 1024) // a fast computer would have the whole image before the stop
    const page = await openPage(browser, { url: rack.url, token: rack.token })
    await page.goto('/install/storage?machine=sim-0002')
    await page
      .getByRole('combobox', { name: 'Reference' })
      .fill(rack.image.replace('oci://', '').replace(host, proxy.host))
    await page.getByText('There, and made for this machine').waitFor()
    await clickThrough(page, 'sim-0002')
    await held.reached
    await proxy.close()
    await seeEnd(page, 'failed')
    await page
      .getByRole('alert')
      .getByText(/tcp: stopped here/u)
      .first()
      .waitFor()
    await page.getByRole('link', { name: 'Change the config and install again' }).click()
    const reference = page.getByRole('combobox', { name: 'Reference' })
    await reference.waitFor()
    await page.getByText('The image was not found').waitFor()
    await reference.fill(rack.image.replace('oci://', ''))
    await page.getByText('There, and made for this machine').waitFor()
    // What the first try wrote, if its undoing left anything.
    for (const wipe of await page.getByLabel(/^Wipe/u).all()) await wipe.check()
    await clickThrough(page, 'sim-0002')
    await seeEnd(page, 'completed')
    expect(page.problems).toEqual([])
    await page.context().close()
  }, 240_000)

  it('an address where no machine answers is told beside the address, which can be typed again', async () => {
    const page = await openPage(browser, { url: rack.url, token: rack.token })
    await page.goto('/machines')
    await page.getByRole('button', { name: 'Add machine' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Address').fill('127.0.0.1')
    await dialog.getByLabel('Port of machined').fill('1')
    await dialog.getByRole('button', { name: /^Add/u }).click()
    await dialog.getByRole('alert').waitFor()
    expect(await dialog.getByLabel('Address').inputValue()).toBe('127.0.0.1')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(page.problems).toEqual([])
    await page.context().close()
  }, 60_000)
})
