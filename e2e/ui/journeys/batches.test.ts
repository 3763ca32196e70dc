import { startRack, type Rack } from '@slipway/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchBrowser, openPage } from '../browser.ts'

describe.skipIf(chromiumPath === undefined)('many machines from one config, by browser', () => {
  let rack: Rack
  let browser: Browser
  beforeAll(async () => {
    rack = await startRack({ machines: 4, install: true }) // the first is installed: its image is what is suggested
    browser = await launchBrowser()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await rack?.stop()
  })

  it('chooses all, counts the names up, is told of a clash, mends it, and watches all of them complete', async () => {
    const page = await openPage(browser, { url: rack.url, token: rack.token })
    await page.goto('/install-batches')
    await page.getByRole('link', { name: 'New batch' }).click()
    await page.getByRole('button', { name: 'Choose all 3' }).click()
    await page.getByLabel('Hostname of sim-0002').fill('web-07')
    await page.getByLabel('Hostname of sim-0004').fill('web-07')
    await page.getByLabel('Name of the batch').fill('rack 7')
    await page.getByRole('button', { name: 'Check 3 machines' }).click()
    const problem = page.getByRole('alert')
    await problem.getByText('One machine cannot be installed').waitFor()
    expect(await problem.innerText()).toMatch(/sim-0004: machine sim-0002 of this batch gets the hostname web-07/u)

    await page.getByRole('button', { name: 'Count Hostname up from the first' }).click()
    await problem.waitFor({ state: 'detached' }) // it was about what stood there before
    expect(await page.getByLabel('Hostname of sim-0004').inputValue()).toBe('web-09')
    await page.reload() // what was typed survives
    await page.getByRole('button', { name: 'Check 3 machines' }).click()
    await page.getByRole('button', { name: /install 3 machines/iu }).waitFor()
    const word = page.getByLabel('Type rack 7 to confirm')
    if ((await word.count()) > 0) await word.fill('rack 7')
    await page.getByRole('button', { name: /install 3 machines/iu }).click()

    await page.waitForURL(/\/install-batches\/batch/u)
    await page.getByRole('button', { name: 'completed 3' }).waitFor({ timeout: 60_000 })
    expect(await page.getByRole('row', { name: /sim-0003/u }).innerText()).toContain('web-08')
    expect(page.problems).toEqual([])
    await page.context().close()
  }, 120_000)

  it('takes a column from a spreadsheet', async () => {
    const page = await openPage(browser, { url: rack.url, token: rack.token })
    await page.goto('/install-batches/new?machine=sim-0002')
    await page
      .getByLabel('sim-0003')
      .or(page.getByRole('checkbox', { name: /web-08/u }))
      .first()
      .check()
    const first = page.getByLabel('Hostname of sim-0002')
    await first.focus()
    await first.evaluate((field) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', 'db-1\r\ndb-2\r\n')
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    })
    await expect.poll(() => page.getByLabel('Hostname of sim-0003').inputValue()).toBe('db-2')
    expect(await first.inputValue()).toBe('db-1')
    await page.context().close()
  }, 60_000)
})
