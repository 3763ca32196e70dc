import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { certificateName, type EnrolmentFile } from '@slipway/protocol'
import { connectAs, enrolAs, type MachinedClient } from './connect-as.ts'
import { startSmallMachine, type SmallMachine } from './start-small-machine.ts'
import { makeTestCa, type Issued, type TestCa } from './test-ca.ts'

export const secret = 'S'.repeat(40)
export const instcomdUri = certificateName.instcomd('one')

/** A CA with an instcomd, and machines to dial; everything that was opened is closed by `close`. */
export interface Bench {
  readonly ca: TestCa
  readonly instcomd: Issued
  /** What live media of this CA carry. */
  readonly file: EnrolmentFile
  start(options?: Parameters<typeof startSmallMachine>[0]): Promise<SmallMachine>
  dial(small: SmallMachine, issued: Issued | null): MachinedClient
  /** Enrols the machine and dials it as its instcomd. */
  enrolled(small: SmallMachine, using?: string): Promise<MachinedClient>
  close(): Promise<void>
}

export async function makeBench(): Promise<Bench> {
  const ca = await makeTestCa()
  const instcomd = await ca.issue(instcomdUri)
  const machines: SmallMachine[] = []
  const clients: MachinedClient[] = []
  const bench: Bench = {
    ca,
    instcomd,
    file: { ca_pem: ca.caPem, token: `swe_abcdefgh_${secret}`, instcomd: [] },
    async start(options = {}) {
      const small = await startSmallMachine(options)
      machines.push(small)
      return small
    },
    dial(small, issued) {
      const client = connectAs(small.machine.port, issued)
      clients.push(client)
      return client
    },
    async enrolled(small, using = secret) {
      const client = bench.dial(small, null)
      await enrolAs({ client, ca, instcomd, secret: using, machinePem: await machinePem(small) })
      return bench.dial(small, instcomd)
    },
    async close() {
      for (const client of clients.splice(0)) client.close()
      for (const small of machines.splice(0)) await small.stop()
    },
  }
  return bench
}

/** The certificate that a machine serves before it is enrolled. */
export function machinePem(small: SmallMachine): Promise<string> {
  return readFile(join(small.dataDir, 'self-signed.pem'), 'utf8')
}
