import { startRack, type Rack } from '@slipway/testing'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchBrowser, openPage } from '../browser.ts'
import { arrowTo, seeEnd, tabTo } from './walk.ts'

describe.skipIf(chromiumPath === undefined)('an operator', () => {
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

  it('drags disks by mouse: out of use, into a vdev of their own, and back', async () => {
    const page = await openPage(browser, { url: rack.url, token: rack.token })
    await page.goto('/machines')
    await page.getByRole('link', { name: 'sim-0003' }).click()
    await page.getByRole('link', { name: 'Install…' }).click()
    const group = (name: string) => page.getByRole('group', { name, exact: true })
    const disksOf = (name: string) => group(name).locator('strong.mono').allInnerTexts()
    const vda = page.locator('strong.mono').getByText('vda', { exact: true })
    await group('Vdev 1').filter({ has: vda }).waitFor()
    const before = await disksOf('Vdev 1')
    await drag(page, vda, group('Disks not used'))
    await group('Disks not used').getByText('vda', { exact: true }).waitFor()
    expect(await disksOf('Vdev 1')).toEqual(before.filter((disk) => disk !== 'vda'))
    await drag(page, vda, page.getByText('Drop a disk here for a further mirror'))
    await group('Vdev 2').getByText('vda', { exact: true }).waitFor()
    expect(await disksOf('Disks not used')).not.toContain('vda')
    await drag(page, vda, group('Vdev 1'))
    await group('Vdev 1').getByText('vda', { exact: true }).waitFor()
    expect((await disksOf('Vdev 1')).toSorted()).toEqual(before.toSorted())
    expect(await group('Vdev 2').count()).toBe(0)
    await page.locator('.cm-content').getByText('"vda"').waitFor()
    expect(page.problems).toEqual([])
    await page.context().close()
  }, 60_000)

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

/** As a hand does: it lets go when the place shows that it takes the disk. Some places show only while something is dragged. */
async function drag(page: Page, what: Locator, onto: Locator): Promise<void> {
  const { x, y } = await moveTo(page, what)
  await page.mouse.down()
  await page.mouse.move(x + 10, y, { steps: 4 })
  const over = onto.locator('xpath=ancestor-or-self::*[@data-over]')
  // Findings that arrive move the places.
  for (let tries = 0; (await over.count()) === 0 && tries < 20; tries += 1) await moveTo(page, onto)
  await page.mouse.up()
}

async function moveTo(page: Page, place: Locator): Promise<{ x: number; y: number }> {
  await place.waitFor()
  const box = (await place.boundingBox()) ?? expect.fail('it is nowhere')
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.mouse.move(x, y, { steps: 12 })
  return { x, y }
}
