import { Fault } from '@slipway/base'
import { expect, test } from 'vitest'
import { withDeadline } from './with-deadline.ts'

const hang = new Fault('step-timeout', 'zpool export rpool did not end when it was killed')

/** Work that ends with `error` as soon as it is told to stop. */
function failWhenStopped(error: Fault) {
  return (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(error), { once: true }))
}

test('at the deadline, what the work says of its own hang is the error', async () => {
  const input = { ms: 10, what: 'step one', signal: new AbortController().signal }
  await expect(withDeadline(input, failWhenStopped(hang))).rejects.toBe(hang)
})

test('at the deadline, any other end of the work is the deadline’s', async () => {
  const input = { ms: 10, what: 'step one', signal: new AbortController().signal }
  const killed = new Fault('command-failed', 'zpool was killed by a signal')
  await expect(withDeadline(input, failWhenStopped(killed))).rejects.toMatchObject({
    code: 'step-timeout',
    message: 'step one did not end within 0 s',
  })
})

test('whoever stopped the work is its end, also when the work was late by itself', async () => {
  const stop = new AbortController()
  const cancelled = new Fault('cancelled', 'the installation was cancelled')
  const ended = withDeadline({ ms: 60_000, what: 'step one', signal: stop.signal }, failWhenStopped(hang))
  stop.abort(cancelled)
  await expect(ended).rejects.toBe(cancelled)
})
