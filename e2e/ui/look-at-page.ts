import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { WatchedPage } from './browser.ts'
import { findViolations } from './find-violations.ts'

/** Where pictures go; null: none are taken. */
const pictures = process.env.SLIPWAY_PICTURES ?? null
export const takesPictures = pictures !== null

/** What is wrong with a page as it stands: axe's violations, a page wider than its window, errors of its scripts. */
export async function lookAtPage(page: WatchedPage, name: string): Promise<string[]> {
  if (pictures !== null) {
    mkdirSync(pictures, { recursive: true })
    await page.screenshot({ path: join(pictures, `${name}.png`) })
  }
  const width: number = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
  return [
    ...(await findViolations(page)),
    ...(width > 0 ? [`the page is ${width} px wider than its window`] : []),
    ...page.problems,
  ]
}
