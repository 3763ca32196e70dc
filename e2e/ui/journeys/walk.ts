import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** Waits for an installation's page to tell its end. */
export async function seeEnd(page: Page, end: 'completed' | 'failed' | 'cancelled'): Promise<void> {
  await page.waitForURL(/\/installations\/[\w-]+$/u)
  await page.locator('h1 + *').getByText(end, { exact: true }).waitFor({ timeout: 100_000 })
}

/** By mouse, from any form step of the wizard to the running installation; what is suggested stays. */
export async function clickThrough(page: Page, machine: string): Promise<void> {
  await page.waitForURL(/\/install\//u)
  while (!page.url().includes('/install/review')) {
    const before = page.url()
    await page.getByRole('button', { name: /^Next: (Network|System|Review)$/u }).click()
    await page.waitForURL((url) => url.href !== before)
  }
  await page.getByText('Plan digest').waitFor({ timeout: 30_000 })
  await confirm(page, machine)
  await page.getByRole('button', { name: 'Next: Install' }).click()
  await page
    .getByRole('button', { name: /install$/iu })
    .last()
    .click()
}

/** Ticks, or types the machine's name where data are destroyed. */
export async function confirm(page: Page, machine: string): Promise<void> {
  const typed = page.getByLabel(`Type ${machine} to confirm`)
  if ((await typed.count()) > 0) await typed.fill(machine)
  else await page.getByLabel('This is what I want').check()
}

/** Presses Tab until the element with this name has the focus. */
export async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 150; presses += 1) {
    await page.keyboard.press('Tab')
    if (name.test(await focusedName(page))) return
  }
  expect.fail(`Tab does not reach ${name}; it stands at «${await focusedName(page)}»`)
}

/** Presses an arrow until the item of an open menu with this name has the focus, which a menu takes a moment after it opened. */
export async function arrowTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if (name.test(await focusedName(page))) return
    await page.keyboard.press('ArrowDown')
  }
  expect.fail(`the arrows do not reach ${name}`)
}

/** What a screen reader would call the focused element, near enough: label, text, or what it is called by. */
function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    if (!(element instanceof HTMLElement)) return ''
    const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : []
    const words = [element.getAttribute('aria-label'), ...labels.map((label) => label.innerText), element.innerText]
    return words.find((word) => word !== null && word !== '')?.replaceAll('\n', ' ') ?? ''
  })
}
