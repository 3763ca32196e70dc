import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { launchBrowser, openPage } from './browser.ts'
import { startFew, startMany, type Stand } from './stands.ts'

/** Loads of an empty browser, and rounds through the pages. */
const rounds = 7
/** Pages of the navigation, by the link that leads there and the heading that stands there. */
const pages = [
  'Installations',
  'Guests',
  'Runs',
  'Install batches',
  'Scripts',
  'Schedules',
  'Activity',
  'Settings',
  'Machines',
]

/**
 * `npm run bench -- ui`: what the app weighs, how long its first load and its pages take, and how it scrolls 500 machines,
 * in headless Chromium against a real server on this computer. Figures as Lighthouse names them; milliseconds.
 */
export async function benchUi(): Promise<void> {
  const browser = await launchBrowser()
  try {
    const few = await startFew()
    try {
      await measureLoads(browser, few)
      await measureNavigation(browser, few)
    } finally {
      await few.stop()
    }
    const many = await startMany()
    try {
      for (const size of ['desktop', 'phone'] as const) await measureScroll(browser, many, size)
    } finally {
      await many.stop()
    }
  } finally {
    await browser.close()
  }
}

interface Load {
  readonly paint: number
  readonly largest: number
  readonly blocked: number
  readonly rows: number
}

/** The machines page in a browser that has never been here. */
async function measureLoads(browser: Browser, stand: Stand): Promise<void> {
  const loads: Load[] = []
  const weights: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const page = await openPage(browser, { url: stand.url, token: stand.token })
    const scripts: Promise<number>[] = []
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') scripts.push(gzipped(() => response.body()))
    })
    await page.addInitScript(watchLongTasks)
    await page.goto('/machines')
    await page.getByRole('link', { name: 'sim-0002' }).waitFor()
    const rows = await page.evaluate(() => performance.now())
    const before = [...scripts] // what the worker fetches for later is not waited for
    loads.push({ ...(await page.evaluate(readPaints)), rows })
    weights.push((await Promise.all(before)).reduce((sum, bytes) => sum + bytes, 0))
    await page.context().close()
  }
  print('JavaScript of the first load, gzip', `${(median(weights) / 1000).toFixed(0)} kB`)
  for (const [name, key] of [
    ['First contentful paint', 'paint'],
    ['Largest contentful paint', 'largest'],
    ['Machines on the screen (interactive)', 'rows'],
    ['Total blocking time', 'blocked'],
  ] as const)
    print(name, spread(loads.map((load) => load[key])))
}

/** From a click in the navigation to the page with its rows, every page having been open before. */
async function measureNavigation(browser: Browser, stand: Stand): Promise<void> {
  const page = await openPage(browser, { url: stand.url, token: stand.token })
  await page.goto('/machines')
  await page.getByRole('link', { name: 'sim-0002' }).waitFor()
  const times = new Map<string, number[]>(pages.map((title) => [title, []]))
  for (let round = 0; round <= rounds; round += 1)
    for (const title of pages) {
      const time = await page.evaluate(clickThrough, title)
      if (round > 0) times.get(title)?.push(time) // the first round warms
    }
  for (const [title, taken] of times) print(`Navigation to ${title}, warm`, spread(taken))
  await page.context().close()
}

/** Down through 500 machines, three rows a frame. */
async function measureScroll(browser: Browser, stand: Stand, size: 'desktop' | 'phone'): Promise<void> {
  const page = await openPage(browser, { url: stand.url, token: stand.token, size })
  await page.goto('/machines')
  await page.getByText('sim-0001').first().waitFor()
  await page.waitForTimeout(1000) // what came with the load is not the scrolling's
  const frames = await page.evaluate(scrollDown)
  print(`Frame while 500 machines scroll, ${size}`, `${spread(frames)}, p95 ${at(frames, 0.95).toFixed(1)}`)
  await page.context().close()
}

declare global {
  interface Window {
    longTasks: number[]
  }
}

function watchLongTasks(): void {
  window.longTasks = []
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longTasks.push(duration)
  }).observe({ type: 'longtask', buffered: true })
}

/** Runs in the page. A long task blocks for what it takes beyond 50 ms. */
function readPaints(): Promise<Omit<Load, 'rows'>> {
  const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN
  const blocked = window.longTasks.reduce((sum, duration) => sum + Math.max(0, duration - 50), 0)
  return new Promise((resolve) => {
    new PerformanceObserver((list) => {
      resolve({ paint, blocked, largest: list.getEntries().at(-1)?.startTime ?? Number.NaN })
    }).observe({ type: 'largest-contentful-paint', buffered: true })
  })
}

/** Runs in the page: from the click to the frame in which the page stands, without anything still being read. */
function clickThrough(title: string): Promise<number> {
  const link = [...document.querySelectorAll<HTMLElement>('nav a')].find((each) => each.innerText.trim() === title)
  if (!link) throw new Error(`no link leads to ${title}`)
  const started = performance.now()
  link.click()
  return new Promise((resolve) => {
    const look = () => {
      const page = document.querySelector<HTMLElement>('main')
      const isThere = page?.querySelector('h1')?.innerText === title && !page.innerText.includes('Reading ')
      if (isThere) resolve(performance.now() - started)
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
}

/** Runs in the page: milliseconds between frames. */
function scrollDown(): Promise<number[]> {
  const frames: number[] = []
  let last = performance.now()
  return new Promise((resolve) => {
    const step = (now: number) => {
      frames.push(now - last)
      last = now
      window.scrollBy(0, 123)
      const isDown = window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - 1
      if (isDown || frames.length >= 600) resolve(frames.slice(1))
      else requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })
}

async function gzipped(body: () => Promise<Buffer>): Promise<number> {
  return gzipSync(await body(), { level: 9 }).length
}

function median(values: readonly number[]): number {
  return at(values, 0.5)
}

function at(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}

function spread(values: readonly number[]): string {
  return `p50 ${median(values).toFixed(1)}, max ${Math.max(...values).toFixed(1)}`
}

function print(name: string, value: string): void {
  console.log(`${name.padEnd(48)} ${value}`)
}
