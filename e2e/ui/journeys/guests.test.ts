import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchBrowser, openPage, type WatchedPage } from '../browser.ts'
import { findViolations } from '../find-violations.ts'
import { startGuestStand } from '../guest-stand.ts'

const minute = 60_000

describe.skipIf(chromiumPath === undefined)('whoever looks after guests', () => {
  let stand: Awaited<ReturnType<typeof startGuestStand>>
  let browser: Browser
  let page: WatchedPage
  beforeAll(async () => {
    stand = await startGuestStand({ count: 2, run: 'model' })
    browser = await launchBrowser()
    page = await openPage(browser, { url: stand.url, token: stand.token })
  }, 2 * minute)
  afterAll(async () => {
    await browser?.close()
    await stand?.stop()
  })

  it(
    'reads the figures as charts and as a table, of a span that stays in the address',
    async () => {
      await page.goto('/guests/sim-guest-0001')
      await page.getByRole('img', { name: /^CPU, in use: now \d+ %/u }).waitFor()
      await page.getByText('24 h', { exact: true }).click()
      await page.getByRole('button', { name: 'Table' }).click()
      await page.reload()
      await page.getByRole('columnheader', { name: 'Network, received' }).waitFor()
      expect(new URL(page.url()).search).toBe('?span=86400&metrics=table')
      expect(await findViolations(page)).toEqual([])
    },
    minute,
  )

  it(
    'asks the agent how its machine is',
    async () => {
      await page.getByRole('button', { name: 'Check now' }).click()
      await page.getByText('The agent found nothing to report.').waitFor()
    },
    minute,
  )

  it(
    'gives a tag, and finds the machine by it',
    async () => {
      await page.getByRole('combobox', { name: 'Tags' }).fill('web')
      await page.keyboard.press('Enter')
      await expect
        .poll(async () => {
          const guest = await stand.server.client.call('getGuest', { params: { id: 'sim-guest-0001' } })
          return guest.tags
        })
        .toEqual(['web'])
      await page.goto('/guests?q=web')
      await page.getByRole('link', { name: 'sim-guest-0001' }).waitFor()
      expect(await page.getByRole('link', { name: 'sim-guest-0002' }).count()).toBe(0)
    },
    minute,
  )

  it(
    'is told why a machine is not connected, and how it gets an agent',
    async () => {
      await stand.server.client.call('addMachine', { body: { kind: 'virtual', id: 'vm-new', name: 'vm-new' } })
      await page.goto('/guests/vm-new')
      await page.getByText(/no agent has reported yet/u).waitFor()
      await page.getByRole('button', { name: /^Put a token in/u }).click()
      await page.getByText(/INFINISERVICE_TOKEN=\S+ sh install-linux\.sh normal vm-new/u).waitFor()
      expect(await findViolations(page)).toEqual([])
      expect(page.problems).toEqual([])
    },
    minute,
  )
})
