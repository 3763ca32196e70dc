import { startRack, type Rack } from '@slipway/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchBrowser, openPage } from '../browser.ts'
import { arrowTo, seeEnd, tabTo } from './walk.ts'

describe.skipIf(chromiumPath === undefined)('whoever holds no mouse', () => {
  let rack: Rack
  let browser: Browser
  beforeAll(async () => {
    rack = await startRack({ machines: 3, install: true })
    browser = await launchBrowser()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await rack?.stop()
  })

  it('goes the whole way by keyboard: signs in, composes the disks, reviews, installs and reads the log', async () => {
    const page = await openPage(browser, { url: rack.url, token: null })
    const { keyboard } = page
    await page.goto('/machines')
    await page.getByLabel('Token').waitFor()
    await tabTo(page, /^Token/u)
    await keyboard.type(rack.token)
    await keyboard.press('Enter')
    await page.getByRole('link', { name: 'sim-0002' }).waitFor()
    await tabTo(page, /^sim-0002/u)
    await keyboard.press('Enter')
    await page.getByRole('link', { name: 'Install…' }).waitFor()
    await tabTo(page, /^Install…/u)
    await keyboard.press('Enter')

    await page.getByRole('button', { name: 'Move vda to…' }).waitFor()
    await tabTo(page, /^Move vdb to/u)
    await keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Not used' }).waitFor()
    await arrowTo(page, /^Not used/u)
    await keyboard.press('Enter')
    await page.getByRole('button', { name: 'Write stripe' }).first().waitFor()
    await tabTo(page, /^Write stripe/u)
    await keyboard.press('Enter')
    for (const next of [/^Next: Network/u, /^Next: System/u]) {
      await tabTo(page, next)
      await keyboard.press('Enter')
    }
    await page.getByLabel('Hostname').waitFor()
    await tabTo(page, /^Hostname/u)
    await keyboard.press('ControlOrMeta+A')
    await keyboard.type('by-keyboard')
    await page.locator('.cm-content').getByText('"by-keyboard"').waitFor()
    await tabTo(page, /^Next: Review/u)
    await keyboard.press('Enter')
    await page.getByText('Plan digest').waitFor()
    await tabTo(page, /^This is what I want/u)
    await keyboard.press('Space')
    await tabTo(page, /^Next: Install/u)
    await keyboard.press('Enter')
    await page.getByRole('button', { name: 'Install', exact: true }).waitFor()
    await tabTo(page, /^Install$/u)
    await keyboard.press('Enter')
    await seeEnd(page, 'completed')
    await page
      .getByText(/Configure by-keyboard|by-keyboard/u)
      .first()
      .waitFor()
    expect(page.problems).toEqual([])
    await page.context().close()
  }, 120_000)

  it('goes the whole way by touch on a narrow screen', async () => {
    const page = await openPage(browser, { url: rack.url, token: rack.token, size: 'phone' })
    await page.goto('/machines')
    await page
      .getByRole('link', { name: /sim-0003/u })
      .first()
      .tap()
    await page.getByRole('link', { name: 'Install…' }).tap()
    await page
      .getByRole('button', { name: /^mirror of/u })
      .first()
      .tap()
    await page.getByRole('button', { name: 'Show the config’s text' }).tap()
    await page.getByLabel('Machine config in KDL').getByText('"mirror"').waitFor()
    await page.getByRole('button', { name: 'Close' }).tap()
    for (const next of ['Network', 'System', 'Review']) await page.getByRole('button', { name: `Next: ${next}` }).tap()
    await page.getByText('Plan digest').waitFor()
    await page.getByLabel('This is what I want').tap()
    await page.getByRole('button', { name: 'Next: Install' }).tap()
    await page.getByRole('button', { name: 'Install', exact: true }).tap()
    await seeEnd(page, 'completed')
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
    expect(page.problems).toEqual([])
    await page.context().close()
  }, 120_000)
})
