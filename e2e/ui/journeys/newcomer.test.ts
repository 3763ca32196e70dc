import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startRack } from '@slipway/testing'
import { expect, it } from 'vitest'
import { chromiumPath, launchBrowser, openPage } from '../browser.ts'
import { clickThrough, seeEnd } from './walk.ts'

/** Where the recording goes (opened by `playwright show-trace`); null: nothing is recorded. */
const recordings = process.env.SLIPWAY_RECORDINGS ?? null
const mostMs = 3 * 60_000

it.skipIf(chromiumPath === undefined)(
  'a newcomer opens the printed address and installs a machine by mouse, within three minutes',
  async () => {
    const rack = await startRack({ machines: 4, install: true })
    const browser = await launchBrowser()
    try {
      const page = await openPage(browser, { url: rack.url, token: null })
      if (recordings !== null)
        await page
          .context()
          .tracing.start({ screenshots: true, snapshots: true, title: 'A newcomer installs a machine' })
      const started = performance.now()
      await page.goto(rack.setupUrl ?? expect.fail('the server printed no set-up link'))
      await page.getByRole('link', { name: 'sim-0002' }).click()
      await page.getByRole('link', { name: 'Install…' }).click()
      await clickThrough(page, 'sim-0002')
      await seeEnd(page, 'completed')
      const took = performance.now() - started
      console.log(`newcomer: from the printed address to an installed machine in ${(took / 1000).toFixed(1)} s`)
      if (recordings !== null) {
        mkdirSync(recordings, { recursive: true })
        await page.context().tracing.stop({ path: join(recordings, 'newcomer.zip') })
      }
      expect(took).toBeLessThan(mostMs)
      expect(page.problems).toEqual([])
    } finally {
      await browser.close()
      await rack.stop()
    }
  },
  4 * 60_000,
)
