import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { chromiumPath, launchBrowser, openPage } from '../browser.ts'
import { startFew, startLine, type Stand } from '../stands.ts'

const manifestSchema = z.object({
  name: z.string(),
  display: z.literal('standalone'),
  start_url: z.string(),
  icons: z.array(z.object({ src: z.string(), sizes: z.string(), type: z.string() })),
})

describe.skipIf(chromiumPath === undefined)('the app on a desktop or a phone', () => {
  let stand: Stand
  let browser: Browser
  beforeAll(async () => {
    stand = await startFew()
    browser = await launchBrowser()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await stand?.stop()
  })

  it('can be installed: a manifest with icons of the sizes that it says', async () => {
    const page = await openPage(browser, { url: stand.url, token: stand.token })
    await page.goto('/machines')
    const link = await page.locator('link[rel=manifest]').getAttribute('href')
    const answer = await page.request.get(new URL(link ?? '', stand.url).href)
    const { icons } = manifestSchema.parse(await answer.json())
    expect(icons.map(({ sizes }) => sizes)).toEqual(['192x192', '512x512', '512x512', 'any'])
    for (const { src, sizes } of icons.filter(({ type }) => type === 'image/png')) {
      const size = await page.evaluate(async (address) => {
        const image = new Image()
        image.src = address
        await image.decode()
        return `${image.naturalWidth}x${image.naturalHeight}`
      }, src)
      expect({ src, size }).toEqual({ src, size: sizes })
    }
    await page.context().close()
  }, 60_000)

  it('starts without the server: the shell, and what was known last, marked as such', async () => {
    const line = await startLine(stand)
    const page = await openPage(browser, { url: line.url, token: stand.token })
    await page.goto('/machines')
    await page.getByText('sim-0002').first().waitFor()
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready
    })
    await page.reload() // from now on the worker answers for the page
    await page.getByText('sim-0002').first().waitFor()
    await page.waitForTimeout(2000) // what is known is kept a moment after it came
    await line.cut()
    await page.goto('/machines')
    await page.getByText('No connection to the server').first().waitFor()
    await page.getByText('sim-0002').first().waitFor()
    await line.mend()
    await page.getByText('No connection to the server').first().waitFor({ state: 'detached', timeout: 30_000 })
    await page.context().close()
    await line.close()
  }, 90_000)
})
