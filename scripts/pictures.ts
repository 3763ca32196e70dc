// npm run pictures: draws docs/ui anew, every page of the app as the page tests see it, and its list. `pngquant` (Debian) makes
// the files a third as large where it is installed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync, copyFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(root, 'docs/ui')
/** The other looks (on its way, without permission) are tested and not kept. */
const states = ['few', 'failed', 'none', 'many', 'error', 'offline']
const looks = ['desktop-light', 'desktop-dark', 'phone-light', 'phone-dark']
const pictureName = new RegExp(`^(.+)-(${states.join('|')})-(${looks.join('|')})\\.png$`, 'u')
/** What a state is called in the list. */
const titles: Readonly<Record<string, string>> = {
  few: 'with rows',
  failed: 'of something that failed',
  none: 'with nothing yet',
  many: 'with 500',
  error: 'when the server cannot be reached',
  offline: 'when the connection is lost',
}

const folder = mkdtempSync(join(tmpdir(), 'slipway-pictures-'))
const tested = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'e2e/ui/pages.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, SLIPWAY_PICTURES: folder },
})
if (tested.status === 0) keep()
rmSync(folder, { recursive: true, force: true })
process.exitCode = tested.status ?? 1

function keep(): void {
  const names = readdirSync(folder).filter((name) => pictureName.test(name))
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  for (const name of names) copyFileSync(join(folder, name), join(target, name))
  const files = names.map((name) => join(target, name))
  spawnSync('pngquant', ['--force', '--ext', '.png', '--quality', '70-100', '--skip-if-larger', '--', ...files])
  writeFileSync(join(target, 'README.md'), describe(names.toSorted()))
  console.log(`[pictures] ${names.length} in docs/ui`)
}

function describe(names: readonly string[]): string {
  const pages = new Map<string, Map<string, string[]>>()
  for (const name of names) {
    const [, page = '', state = ''] = pictureName.exec(name) ?? []
    const ofPage = pages.get(page) ?? new Map<string, string[]>()
    pages.set(page, ofPage.set(state, [...(ofPage.get(state) ?? []), name]))
  }
  const sections = [...pages].map(([page, byState]) => {
    const lines = states
      .filter((state) => byState.has(state))
      .map((state) => `- ${titles[state]}: ${(byState.get(state) ?? []).map(linkOf).join(', ')}`)
    return `## ${page}\n\n${lines.join('\n')}\n`
  })
  return `# The app in pictures\n\nMade by \`npm run pictures\` from a simulated rack: 1440 px and 390 px, light and dark.\n\n${sections.join('\n')}`
}

function linkOf(name: string): string {
  const look = pictureName.exec(name)?.[3] ?? ''
  return `[${look.replace('-', ', ')}](${name})`
}
