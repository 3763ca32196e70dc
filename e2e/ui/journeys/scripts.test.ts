import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchBrowser, openPage, type WatchedPage } from '../browser.ts'
import { findViolations } from '../find-violations.ts'
import { startGuestStand } from '../guest-stand.ts'

const minute = 60_000
const secret = 'correct-horse-battery'
const source = (words: string) => `name: Count up
os: [linux, windows]
shell: bash
inputs:
  - { name: until, type: number, label: Until, required: true, validation: { max: 500 } }
  - { name: mark, type: text, label: Mark, default: a, validation: { pattern: "^[a-z]+$" } }
  - { name: pass, type: password, label: Passphrase }
script: |
  for i in $(seq 1 "\${{ inputs.until }}"); do
    echo "${words} $i"; sleep 0.1
  done
  echo "\${#INPUT_PASS} secret characters" >&2
`

describe.skipIf(chromiumPath === undefined)('whoever runs scripts', () => {
  let stand: Awaited<ReturnType<typeof startGuestStand>>
  let browser: Browser
  let page: WatchedPage
  beforeAll(async () => {
    stand = await startGuestStand({ count: 3, run: 'real' })
    browser = await launchBrowser()
    page = await openPage(browser, { url: stand.url, token: stand.token })
  }, 2 * minute)
  afterAll(async () => {
    await browser?.close()
    await stand?.stop()
  })

  const write = async (text: string) => {
    await page.getByLabel('Script file in YAML').click()
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.insertText(text)
  }

  it(
    'writes one, is told at the line what is wrong, and saves it',
    async () => {
      await page.goto('/scripts')
      await page.getByRole('link', { name: 'New script' }).click()
      await write(source('line').replace('shell: bash', 'shell: fish'))
      await page.getByText(/^Line 3: /u).waitFor()
      expect(await findViolations(page)).toEqual([])
      await write(source('line'))
      await page.getByText(/most Windows machines have no bash/u).waitFor()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('heading', { name: 'Count up' }).waitFor()
      await page.getByText('revision 1').waitFor()
    },
    minute,
  )

  it(
    'is shown the version of somebody who saved meanwhile, and loses nothing by leaving',
    async () => {
      const [script] = (await stand.server.client.call('listScripts', {})).items
      await write(source('mine'))
      await stand.server.client.call('changeScript', {
        params: { id: script?.id ?? '' },
        body: { source: source('theirs') },
      })
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await page.getByText('Somebody saved revision 2 meanwhile; yours is not saved').waitFor()
      expect(await findViolations(page)).toEqual([])
      await page.getByRole('link', { name: 'Runs', exact: true }).first().click()
      await page.getByRole('button', { name: 'Stay here' }).click()
      await page.getByRole('button', { name: 'Keep mine, to be saved over theirs' }).click()
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await page.getByText('revision 3').waitFor()
    },
    minute,
  )

  it(
    'runs it on a tag, with a value refused at its field, follows the output and cancels',
    async () => {
      for (const id of ['sim-guest-0001', 'sim-guest-0002'])
        await stand.server.client.call('changeGuest', { params: { id }, body: { tags: ['web'] } })
      await page.reload()
      await page.getByRole('button', { name: 'Run…' }).click()
      const dialog = page.getByRole('dialog', { name: 'Run Count up' })
      await dialog.getByLabel('Until').fill('9000')
      await dialog.getByLabel('Until').blur() // the field itself holds to the greatest value
      expect(await dialog.getByLabel('Until').inputValue()).toBe('500')
      await dialog.getByRole('textbox', { name: 'Passphrase' }).fill(secret)
      await dialog.getByRole('combobox', { name: 'Or every machine with a tag' }).press('ArrowDown')
      await page.getByRole('option', { name: 'web (2)' }).click()
      await page.keyboard.press('Escape')
      await dialog.getByLabel('Mark').fill('UPPER')
      await dialog.getByRole('button', { name: 'Run on 2 machines' }).click()
      await dialog.getByText(/^input mark /u).waitFor()
      await dialog.getByText('More', { exact: true }).click()
      expect(await findViolations(page)).toEqual([])
      await dialog.getByLabel('Mark').fill('lower')
      await dialog.getByRole('button', { name: 'Run on 2 machines' }).click()
      await page.getByText(/asked for together/u).waitFor()
      await page.getByRole('link', { name: 'Count up' }).first().click()
      await page.getByRole('heading', { name: /^Count up on sim-guest/u }).waitFor()
      const output = page.getByRole('log', { name: 'Output' })
      await output.getByText('mine 5', { exact: true }).waitFor()
      expect(await page.locator('h1 + *').innerText()).toBe('RUNNING') // it is read while it is written
      expect(await findViolations(page)).toEqual([])
      await page.getByRole('button', { name: 'Cancel', exact: true }).click()
      await page.locator('h1 + *').getByText('CANCELLED').waitFor()
      await page.getByText('Asked for together: 2 machines').waitFor()
      expect(await page.content()).not.toContain(secret)
      await page.getByText('********').waitFor()
    },
    minute,
  )

  it(
    'cancels the rest of them at once',
    async () => {
      await page.getByRole('link', { name: 'All of them' }).click()
      await page.getByRole('button', { name: 'Cancel 1…' }).click()
      await page.getByRole('button', { name: 'Cancel 1 that have not ended' }).click()
      await page.getByRole('button', { name: /CANCELLED\s+2/u }).waitFor()
    },
    minute,
  )

  it(
    'schedules it, changes, pauses and deletes the schedule',
    async () => {
      await page.goto('/scripts')
      await page.getByRole('link', { name: 'Count up' }).click()
      await page.getByRole('button', { name: 'Run…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Until').fill('1')
      await dialog.getByRole('combobox', { name: 'Machines', exact: true }).click()
      await page.getByRole('option', { name: 'sim-guest-0003' }).click()
      await page.keyboard.press('Escape')
      await dialog.getByText('By calendar').click()
      await dialog.getByRole('button', { name: 'Save the schedule' }).click()
      await page.getByText('0 3 * * *').waitFor()
      await page.getByRole('button', { name: 'Change Count up' }).click()
      await page.getByText(/The inputs stay as they are/u).waitFor()
      await page.getByRole('dialog').getByText('More', { exact: true }).click()
      expect(await findViolations(page)).toEqual([])
      await page.getByRole('textbox', { name: 'Calendar' }).fill('30 4 * * 1')
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
      await page.getByText('30 4 * * 1').waitFor()
      await page.getByRole('button', { name: 'Pause Count up' }).click()
      await page.getByText('paused', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Go on with Count up' }).click()
      await page.getByText('paused', { exact: true }).waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Pause Count up' }).waitFor()
      await page.getByRole('button', { name: 'Delete Count up', exact: true }).click()
      await page.getByRole('button', { name: 'Delete Count up for good' }).click()
      await page.getByText('Nothing is scheduled').waitFor()
      expect(page.problems).toEqual([])
    },
    minute,
  )
})
