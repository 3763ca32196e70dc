import { createContext, runInContext } from 'node:vm'

/** A match takes microseconds unless it backtracks without end; milliseconds of this thread's processor time. */
const deadlineMs = 50
/** V8 counts on the wall, where a busy computer may let a match wait: then it is tried again with more, up to this. */
const longestMs = 1600

/** Repeated, and ended by what most patterns refuse: what makes nested repetition explode. */
const seeds = ['a', 'A', '0', ' ', '-', '_', '.', '/', 'a ', 'a-', 'a.', 'a0', 'ab']

const sandbox = createContext(Object.create(null) as object)

/** What became of a match: `slow` when it did not end within the deadline. */
export type Match = 'match' | 'no-match' | 'slow'

/** Matches the whole value against an ECMAScript pattern (flag u); V8 stops a match that backtracks beyond the deadline. */
export function matchWhole(pattern: string, value: string): Match {
  const code = `new RegExp(${JSON.stringify(`^(?:${pattern})$`)}, 'u').test(${JSON.stringify(value)})`
  for (let timeout = deadlineMs; timeout <= longestMs; timeout *= 2) {
    const begun = processorMs()
    try {
      return runInContext(code, sandbox, { timeout }) === true ? 'match' : 'no-match'
    } catch (error) {
      // It is an Error of the other context, so not an instance of this one's.
      if (!isRecord(error) || error.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      // A tenth less: the two clocks are not one.
      if (processorMs() - begun >= deadlineMs * 0.9) return 'slow'
    }
  }
  return 'slow'
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Why a pattern cannot serve, or null. Slow ones are found by trying texts that make nested repetition explode. */
export function checkPattern(pattern: string): { code: string; message: string; cure: string } | null {
  try {
    RegExp(`^(?:${pattern})$`, 'u')
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { code: 'pattern-invalid', message, cure: 'write an ECMAScript regular expression' }
  }
  const own = [...new Set(pattern.replace(/[^A-Za-z0-9]/g, ''))].slice(0, 16)
  for (const seed of [...seeds, ...own])
    if (matchWhole(pattern, `${seed.repeat(40)}\u{1}`) === 'slow')
      return {
        code: 'pattern-slow',
        message: `the pattern takes exponential time, for example on “${seed.repeat(3)}…”`,
        cure: 'do not repeat what already repeats: (a+)+ is a+',
      }
  return null
}
