import { expect, test } from 'vitest'
import { eventually } from './testing/eventually.ts'
import { makeAgent } from './testing/make-agent.ts'
import { pendingScript } from './testing/recording-host.ts'

test('what a script writes is on its way within milliseconds, while it runs', async () => {
  const { host } = makeAgent()
  const delays: number[] = []
  const send = host.send.bind(host)
  host.send = (message) => {
    if (message.type === 'script_output') delays.push(Date.now() - Number(message.data) / 1e6)
    return send(message)
  }
  host
    .connect()
    .deliver(pendingScript('execution-1', 'for i in 1 2 3 4 5 6 7 8 9; do date +%s%N; sleep 0.02; done; sleep 300'))
  await eventually(() => expect(delays).toHaveLength(9))
  const median = delays.sort((a, b) => a - b)[4]
  // date(1) itself takes a millisecond or two to end after it has looked at the clock; other tests share the processors.
  expect(median).toBeLessThanOrEqual(10)
  expect(host.of('script_completion')).toEqual([])
})
