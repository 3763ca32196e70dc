import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const file = join(import.meta.dirname, '../../../docs/benchmarks.md')
const [begin, end] = ['<!-- scripts: written by npm run bench -- scripts -->', '<!-- /scripts -->']

/** Puts the section into docs/benchmarks.md, in place of an earlier one. */
export function writeSection(text: string): void {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : '# Benchmarks\n'
  const [before = '', rest = ''] = old.split(begin)
  const after = rest.split(end)[1] ?? ''
  writeFileSync(file, `${before.trimEnd()}\n\n${begin}\n${text}\n${end}\n${after === '' ? '' : `\n${after.trim()}\n`}`)
}
