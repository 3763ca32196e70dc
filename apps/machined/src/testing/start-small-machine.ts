import { createSocket } from 'node:dgram'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import type { EnrolmentFile } from '@slipway/protocol'
import { Responder } from '../discovery/responder.ts'
import type { LayerSource } from '../installation/pull-layer.ts'
import { startMachine, type Machine } from '../machine.ts'
import { makeSmallHost, smallInventory, type SmallHost } from './small-host.ts'
import { layersFrom } from './small-plan.ts'

/** A group of its own kind for tests (RFC 2365, organisation-local), so that a developer's network is left alone. */
export const testGroup = '239.192.76.87'

export interface SmallMachine {
  readonly machine: Machine
  readonly host: SmallHost
  readonly responder: Responder
  readonly discoveryPort: number
  readonly dataDir: string
  /** The code on the console now. */
  code(): string | null
  stop(): Promise<void>
}

/** A whole machined on loopback, its disks in memory. */
export async function startSmallMachine(
  options: { enrolment?: EnrolmentFile; layers?: LayerSource; host?: SmallHost; dataDir?: string } = {},
): Promise<SmallMachine> {
  const host = options.host ?? makeSmallHost(smallInventory())
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'slipway-machine-')))
  const discoveryPort = await freeUdpPort()
  const responder = await Responder.open({
    group: testGroup,
    port: discoveryPort,
    interface: '127.0.0.1',
    logger: silentLogger,
    random: () => 0,
  })
  let code: string | null = null
  const machine = await startMachine({
    host,
    dataDir,
    listen: { host: '127.0.0.1', port: 0 },
    enrolmentFile: options.enrolment ?? null,
    instcomd: [],
    responder,
    logger: silentLogger,
    onCode: (next) => (code = next),
    onReboot: () => undefined,
    makeLayerSource: () => options.layers ?? layersFrom(() => Promise.resolve()),
  })
  return {
    machine,
    host,
    responder,
    discoveryPort,
    dataDir,
    code: () => code,
    async stop() {
      await machine.stop()
      await responder.close()
    },
  }
}

function freeUdpPort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
