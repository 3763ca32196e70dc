import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launchBrowser } from './browser.ts'

/**
 * Draws the app's icons as PNG from `icon.svg`: `node e2e/ui/draw-icons.ts`. A maskable icon may be cut to a circle of
 * four fifths of its width (W3C, Web Application Manifest), so its drawing is smaller and its ground has no corners.
 */
const folder = join(import.meta.dirname, '../../apps/installer-ui/public')
const svg = readFileSync(join(folder, 'icon.svg'), 'utf8')
const ground = /fill="(#[0-9a-f]{6})"/u.exec(svg)?.[1] ?? ''

const browser = await launchBrowser()
await draw('icon-192.png', 192, svg)
await draw('icon-512.png', 512, svg)
const square = svg.replace(/ rx="\d+"/u, '')
await draw('icon-maskable-512.png', 512, `<div style="padding: 10%; background: ${ground}">${square}</div>`)
await browser.close()

async function draw(name: string, size: number, body: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(
    `<style>body { margin: 0 } * { box-sizing: border-box } svg { display: block }</style><div style="width: ${size}px">${body}</div>`,
  )
  writeFileSync(join(folder, name), await page.screenshot({ omitBackground: true }))
  await page.close()
}
