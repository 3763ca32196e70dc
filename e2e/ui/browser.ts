import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

const places = [
  process.env.SLIPWAY_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
]

/** Where Chromium is; undefined where there is none, and the journeys are skipped. */
export const chromiumPath = places.find((place) => place !== undefined && existsSync(place))

/** Quiet: no start page, nothing asked of the internet. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export type Scheme = 'light' | 'dark'
export type Size = 'desktop' | 'phone'

export const viewports = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath ?? '', args })
}

export interface PageOptions {
  readonly url: string
  /** Signs the page in; a token of the server. Null: a stranger. */
  readonly token: string | null
  readonly scheme?: Scheme
  readonly size?: Size
  /** A video of the page in this folder. */
  readonly videoFolder?: string
}

/** A page and the errors of its scripts. */
export type WatchedPage = Page & { readonly problems: string[] }

/** A page with a browser of its own, as a person's. */
export async function openPage(browser: Browser, options: PageOptions): Promise<WatchedPage> {
  return openTab(await openContext(browser, options))
}

/** One person's browser: its own storage, signed in by the server itself. */
export async function openContext(browser: Browser, options: PageOptions): Promise<BrowserContext> {
  const { url, token, scheme = 'light', size = 'desktop', videoFolder } = options
  const viewport = viewports[size]
  const context = await browser.newContext({
    baseURL: url,
    viewport,
    colorScheme: scheme,
    hasTouch: size === 'phone',
    reducedMotion: 'reduce',
    ...(videoFolder === undefined ? {} : { recordVideo: { dir: videoFolder, size: viewport } }),
  })
  if (token !== null) {
    const answer = await context.request.post('/api/session', { data: { token }, headers: { origin: url } })
    if (answer.status() !== 201)
      throw new Error(`signing in was answered with ${answer.status()}: ${await answer.text()}`)
  }
  return context
}

/** A page of that browser; errors of its scripts are collected. */
export async function openTab(context: BrowserContext): Promise<WatchedPage> {
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  return Object.assign(page, { problems })
}
