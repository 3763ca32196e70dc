import { delay } from '@slipway/base'
import { followEvents, type Client } from '@slipway/client'
import { isTerminal, type Progress } from '@slipway/protocol'
import { print } from '../output/print.ts'
import { ProgressLine } from '../output/progress-line.ts'

/**
 * Shows an installation until it ends and returns the exit code: 0 completed, 1 otherwise, 130 after Ctrl-C, which only
 * detaches. Survives a server that goes away and comes back.
 */
export async function watchInstallation(client: Client, id: string): Promise<number> {
  const stop = new AbortController()
  const detach = () => stop.abort()
  process.once('SIGINT', detach)
  const line = new ProgressLine()
  try {
    const progress = await follow(client, id, line, stop)
    line.end()
    if (!progress) {
      print(`Detached; the installation goes on. Watch it again with: slipway installs show ${id} --watch`)
      return 130
    }
    return report(id, progress)
  } finally {
    process.removeListener('SIGINT', detach)
    stop.abort()
  }
}

async function follow(client: Client, id: string, line: ProgressLine, stop: AbortController): Promise<Progress | null> {
  const woken = wakeUps(client, id, stop.signal)
  while (!stop.signal.aborted) {
    const seen = woken.next()
    const progress = await client
      .call('getProgress', { params: { id }, signal: stop.signal })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return null
        throw error
      })
    if (!progress) return null
    line.show(progress)
    if (isTerminal(progress.status)) return progress
    // Events wake at once; once in two seconds the row is read anyway, because it is the truth.
    await Promise.race([seen, delay(2000, stop.signal).catch(() => undefined)])
  }
  return null
}

/** Turns the event stream into "something changed"; losing it costs latency, nothing else. */
function wakeUps(client: Client, id: string, signal: AbortSignal): { next(): Promise<void> } {
  let wake: () => void = () => undefined
  const listen = async () => {
    for await (const event of followEvents(client, { types: 'installation.*', signal })) {
      if (event.data.installation_id === id) wake()
    }
  }
  listen().catch(() => undefined) // the two-second reading goes on without it
  return {
    next: () =>
      new Promise((resolve) => {
        wake = resolve
      }),
  }
}

function report(id: string, progress: Progress): number {
  if (progress.status === 'completed') {
    const how = progress.confirmed ? 'confirmed by the new system’s first boot' : 'not confirmed by a first boot'
    print(`Installation ${id} completed, ${how}.`)
    return 0
  }
  print(`Installation ${id} ${progress.status}${progress.error ? `: ${progress.error.message}` : '.'}`)
  if (progress.error?.cure) print(`  cure: ${progress.error.cure}`)
  print(`  log:  slipway installs logs ${id}`)
  return 1
}
