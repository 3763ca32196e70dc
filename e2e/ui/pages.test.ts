import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pagePaths, type PagePath } from '../../apps/installer-ui/src/app/page-paths.ts'
import { chromiumPath, launchBrowser, openContext, openPage, openTab, type Scheme, type Size } from './browser.ts'
import { startManyGuests } from './guest-stand.ts'
import { lookAtPage, takesPictures } from './look-at-page.ts'
import { addressOf, pageTable, type PageState } from './page-table.ts'
import { startFew, startLine, startMany, startNone, type Stand } from './stands.ts'

const minute = 60_000
/** Both sizes and both schemes; every combination of them for pictures. The rarer states have one look each. */
const allLooks = [
  ['desktop', 'light'],
  ['desktop', 'dark'],
  ['phone', 'light'],
  ['phone', 'dark'],
] as const
const twoLooks = [
  ['desktop', 'light'],
  ['phone', 'dark'],
] as const

let browser: Browser

beforeAll(async () => {
  if (chromiumPath !== undefined) browser = await launchBrowser()
}, minute)
afterAll(() => browser?.close())

const pagesIn = (state: PageState) => pagePaths.filter((path) => pageTable[path].shows[state] !== undefined)
const nameOf = (path: PagePath, ...rest: string[]) =>
  [path.slice(1).replaceAll('/', '-').replaceAll('$', ''), ...rest].join('-')

interface Look {
  readonly stand: Stand
  readonly state: PageState
  readonly size: Size
  readonly scheme: Scheme
  readonly token?: string
}

/** One browser for all pages of a look, which has the app in its cache; who signs in is a stranger. */
const browsers = new Map<string, Promise<BrowserContext>>()

function browserFor({ stand, size, scheme, token = stand.token }: Look, path: PagePath): Promise<BrowserContext> {
  const options = { url: stand.url, token: path === '/sign-in' ? null : token, size, scheme }
  const key = JSON.stringify(options)
  const found = browsers.get(key) ?? openContext(browser, options)
  browsers.set(key, found)
  return found
}

async function look(path: PagePath, asked: Look): Promise<string[]> {
  const { stand, state, size, scheme } = asked
  const page = await openTab(await browserFor(asked, path))
  try {
    await page.goto(addressOf(path, pageTable[path], stand.ids))
    await page
      .getByText(pageTable[path].shows[state] ?? '')
      .first()
      .waitFor()
    return await lookAtPage(page, nameOf(path, state, size, scheme))
  } finally {
    await page.close()
  }
}

/** The same stand, its pages opened for what went wrong. */
function failedOf(stand: Stand): Stand {
  return { ...stand, ids: { ...stand.ids, installationId: stand.ids.failedInstallationId ?? '' } }
}

describe.skipIf(chromiumPath === undefined)('with a few rows', () => {
  let stand: Stand
  beforeAll(async () => {
    stand = await startFew()
  }, 2 * minute)
  afterAll(() => stand?.stop())

  describe.each(takesPictures ? allLooks : twoLooks)('on a %s in %s', (size, scheme) => {
    it.each(pagesIn('few'))(
      '%s is whole',
      (path) => look(path, { stand, state: 'few', size, scheme }).then(expectNothing),
      minute,
    )
  })

  describe.each(takesPictures ? allLooks : twoLooks)('on a %s in %s', (size, scheme) => {
    it.each(pagesIn('failed'))(
      '%s says what went wrong and what can be done',
      (path) => look(path, { stand: failedOf(stand), state: 'failed', size, scheme }).then(expectNothing),
      minute,
    )
  })

  describe.each([['desktop', 'dark']] as const)('on a %s in %s', (size, scheme) => {
    it.each(pagesIn('loading'))(
      '%s says what it waits for, and what went wrong',
      async (path) => {
        const line = await startLine(stand)
        const page = await openPage(browser, { url: line.url, token: stand.token, size, scheme })
        line.hold('GET /api/')
        await page.goto(addressOf(path, pageTable[path], stand.ids))
        await page
          .getByText(pageTable[path].shows.loading ?? '')
          .first()
          .waitFor()
        const loading = await lookAtPage(page, nameOf(path, 'loading', size, scheme))
        await line.cut()
        await page
          .getByText(pageTable[path].shows.error ?? '')
          .first()
          .waitFor()
        const failed = await lookAtPage(page, nameOf(path, 'error', size, scheme))
        await page.context().close()
        await line.close()
        expect({ loading, failed }).toEqual({ loading: [], failed: [] })
      },
      minute,
    )
  })

  describe.each([['phone', 'light']] as const)('on a %s in %s', (size, scheme) => {
    it.each(pagesIn('offline'))(
      '%s keeps what was known when the server is gone, and says so',
      async (path) => {
        const line = await startLine(stand)
        const page = await openPage(browser, { url: line.url, token: stand.token, size, scheme })
        await page.goto(addressOf(path, pageTable[path], stand.ids))
        const known = page.getByText(pageTable[path].shows.few ?? '').first()
        await known.waitFor()
        await line.cut()
        await page
          .getByText(pageTable[path].shows.offline ?? '')
          .first()
          .waitFor()
        expect(await known.isVisible()).toBe(true)
        expectNothing(await lookAtPage(page, nameOf(path, 'offline', size, scheme)))
        await line.mend()
        await page.getByText(pageTable[path].shows.offline ?? '').waitFor({ state: 'detached' })
        await page.context().close()
        await line.close()
      },
      minute,
    )
  })
})

describe.skipIf(chromiumPath === undefined)('with nothing yet', () => {
  let stand: Stand & { readonly viewerToken: string }
  beforeAll(async () => {
    stand = await startNone()
  }, minute)
  afterAll(() => stand?.stop())

  describe.each(twoLooks)('on a %s in %s', (size, scheme) => {
    it.each(pagesIn('none'))(
      '%s helps',
      (path) => look(path, { stand, state: 'none', size, scheme }).then(expectNothing),
      minute,
    )
  })

  describe.each([['desktop', 'light']] as const)('on a %s in %s', (size, scheme) => {
    it.each(pagesIn('forbidden'))(
      '%s offers nothing that a viewer may not do',
      (path) => look(path, { stand, state: 'forbidden', size, scheme, token: stand.viewerToken }).then(expectNothing),
      minute,
    )
  })
})

const isOfGuests = (path: PagePath) => /^\/(guests|scripts|runs|schedules)/u.test(path)

describe.skipIf(chromiumPath === undefined).each([
  ['machines', startMany, pagesIn('many').filter((path) => !isOfGuests(path))],
  ['guests, scripts, runs and schedules', startManyGuests, pagesIn('many').filter(isOfGuests)],
] as const)('with five hundred %s', (_, start, paths) => {
  let stand: Stand
  beforeAll(async () => {
    stand = await start()
  }, 2 * minute)
  afterAll(() => stand?.stop())

  describe.each(twoLooks)('on a %s in %s', (size, scheme) => {
    it.each(paths)(
      '%s is whole',
      (path) => look(path, { stand, state: 'many', size, scheme }).then(expectNothing),
      minute,
    )
  })
})

function expectNothing(wrong: string[]): void {
  expect(wrong).toEqual([])
}
