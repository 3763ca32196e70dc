import type { Client } from '@slipway/client'
import { followEvents } from '@slipway/client'
import { at } from './server-figures.ts'

/** When things happened to one execution, in milliseconds since the epoch. */
interface Times {
  posted: number
  begun?: number
  started?: number
  completed?: number
}

export interface DispatchFigures {
  readonly posted: number
  readonly refused: number
  readonly completed: number
  /** Sorted milliseconds since the POST was sent. */
  readonly begun: readonly number[]
  readonly started: readonly number[]
  readonly completedAfter: readonly number[]
}

/** After the last POST, this long for the rest to end. */
const graceMs = 30_000

/**
 * Posts executions at a steady rate, whether or not earlier ones have ended, each for one random guest, and follows the
 * events as any client would. The simulator tells when the guest itself began.
 */
export async function runDispatchLoad(input: {
  client: Client
  ids: readonly string[]
  perSecond: number
  seconds: number
  onScript: (take: (executionId: string, at: number) => void) => void
}): Promise<DispatchFigures> {
  const { client, ids, perSecond, seconds } = input
  const name = `bench ${crypto.randomUUID()}`
  const file = { name, os: ['linux' as const, 'windows' as const], shell: 'bash' as const, script: 'echo hello\n' }
  const { id: script_id } = await client.call('addScript', { body: file })
  const times = new Map<string, Times>()
  // Reports may come before the answer to the POST.
  const of = (id: string) => {
    const known = times.get(id) ?? { posted: Number.NaN }
    times.set(id, known)
    return known
  }
  const done = new AbortController()
  input.onScript((id, when) => (of(id).begun ??= when))
  const following = follow(client, done.signal, (type, id) => {
    if (type === 'scripts.started') of(id).started ??= Date.now()
    else of(id).completed ??= Date.now()
  })
  let refused = 0
  const post = async () => {
    const machine = ids[Math.floor(Math.random() * ids.length)] ?? ''
    const posted = Date.now()
    try {
      const made = await client.call('addScriptExecutions', { body: { script_id, machine_ids: [machine] } })
      for (const { id } of made.executions) of(id).posted = posted
    } catch {
      refused += 1
    }
  }
  const posts: Promise<void>[] = []
  const started = performance.now()
  for (let count = 0; count < perSecond * seconds; count += 1) {
    const wait = started + (count * 1000) / perSecond - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    posts.push(post())
  }
  await Promise.all(posts)
  const deadline = performance.now() + graceMs
  const isOpen = ({ completed }: Times) => completed === undefined
  while (performance.now() < deadline && [...times.values()].some(isOpen))
    await new Promise((resolve) => setTimeout(resolve, 100))
  done.abort()
  await following
  return figuresOf([...times.values()], refused)
}

async function follow(client: Client, signal: AbortSignal, take: (type: string, id: string) => void): Promise<void> {
  for await (const { type, data } of followEvents(client, { types: 'scripts.started,scripts.completed', signal })) {
    const id = data['execution_id']
    if (typeof id === 'string') take(type, id)
  }
}

function figuresOf(times: readonly Times[], refused: number): DispatchFigures {
  const since = (key: 'begun' | 'started' | 'completed') =>
    times
      .flatMap(({ posted, [key]: when }) => (when === undefined || Number.isNaN(posted) ? [] : [when - posted]))
      .toSorted((a, b) => a - b)
  const completedAfter = since('completed')
  return {
    posted: times.length,
    refused,
    completed: completedAfter.length,
    begun: since('begun'),
    started: since('started'),
    completedAfter,
  }
}

/** p50 and p99 in a table's cell. */
export function printShares(sorted: readonly number[]): string {
  return `${at(sorted, 0.5).toFixed(0)} / ${at(sorted, 0.99).toFixed(0)}`
}
