import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { checkPattern, matchWhole } from './check-pattern.ts'

describe('a pattern', () => {
  it.each(['^[a-z_][a-z0-9_-]*$', '[0-9]{1,5}', '(?:[a-z]+[.])*[a-z]+'])('%s serves', (pattern) => {
    expect(checkPattern(pattern)).toBeNull()
  })

  it.each(['(a+)+', '(?:x|x)*y', '([a-z]+)*-'])('%s is refused as slow', (pattern) => {
    expect(checkPattern(pattern)).toMatchObject({ code: 'pattern-slow' })
  })

  it('is refused with the words of the engine when it is none', () => {
    expect(checkPattern('[a-')).toMatchObject({ code: 'pattern-invalid' })
  })

  it('matches the whole value only', () => {
    expect([matchWhole('[a-z]+', 'abc'), matchWhole('[a-z]+', 'abc1')]).toEqual(['match', 'no-match'])
  })

  // 4 ms of work each, a tenth of the deadline; the child stands still for three deadlines in the middle of some, as on
  // a computer that is busy elsewhere.
  it('is not called slow because the computer did something else meanwhile', async () => {
    const file = JSON.stringify(join(import.meta.dirname, 'check-pattern.ts'))
    const program = `import { matchWhole } from ${file}
      const value = 'a'.repeat(3000) + '1'
      console.log('begun')
      console.log([...new Set(Array.from({ length: 240 }, () => matchWhole('[a-z]*[a-z]*', value)))].join())`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines: string[] = []
    createInterface(child.stdout).on('line', (line) => lines.push(line))
    while (lines.length === 0) await delay(5)
    for (let times = 0; times < 4; times += 1) {
      child.kill('SIGSTOP')
      await delay(150)
      child.kill('SIGCONT')
      await delay(40)
    }
    await once(child, 'close')
    expect(lines).toEqual(['begun', 'no-match'])
  })
})
