import { expect, test } from 'vitest'
import { eventually } from './testing/eventually.ts'
import { makeAgent } from './testing/make-agent.ts'
import { pendingScript } from './testing/recording-host.ts'

// How soon is for the bench (`npm run bench -- scripts`): a busy computer says nothing about it.
test('what a script writes is on its way while it runs', async () => {
  const { host } = makeAgent()
  host
    .connect()
    .deliver(pendingScript('execution-1', 'for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.02; done; sleep 300'))
  const written = () =>
    host
      .of('script_output')
      .map(({ data }) => data)
      .join('')
  await eventually(() => expect(written()).toBe('1\n2\n3\n4\n5\n6\n7\n8\n9\n'))
  expect(host.of('script_completion')).toEqual([])
})
