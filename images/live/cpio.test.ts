import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { padding, writeCpio } from './cpio.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-cpio-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function unpack(archive: Uint8Array): void {
  execFileSync('cpio', ['--extract', '--quiet', '--no-absolute-filenames'], { cwd: folder, input: archive })
}

test('GNU cpio unpacks what is packed, with modes and parent folders', () => {
  const secret = Buffer.from('{"token":"x"}')
  unpack(writeCpio([{ path: 'etc/slipway/enrolment.json', mode: 0o600, content: secret }]))
  const file = join(folder, 'etc/slipway/enrolment.json')
  expect(readFileSync(file)).toEqual(secret)
  expect(statSync(file).mode & 0o7777).toBe(0o600)
  expect(statSync(join(folder, 'etc')).mode & 0o7777).toBe(0o755)
})

test('any contents and lengths come back, in any number of files', () => {
  const file = fc.record({ name: fc.stringMatching(/^[a-z]{1,20}$/), content: fc.uint8Array({ maxLength: 40 }) })
  const files = fc.uniqueArray(file, { selector: ({ name }) => name, minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(files, (chosen) => {
      unpack(writeCpio(chosen.map(({ name, content }) => ({ path: `d/${name}`, mode: 0o644, content }))))
      for (const { name, content } of chosen)
        expect(new Uint8Array(readFileSync(join(folder, 'd', name)))).toEqual(content)
      rmSync(join(folder, 'd'), { recursive: true })
    }),
    { numRuns: 20 },
  )
})

test('padding fills up to a multiple of four', () => {
  expect([0, 1, 2, 3, 4, 5].map((length) => padding(length).length)).toEqual([0, 3, 2, 1, 0, 3])
})
