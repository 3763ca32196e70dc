import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, startServer, startSimulatedGuests, waitFor, type Server } from '@slipway/testing'
import type { Stand } from './stands.ts'

interface GuestStandOptions {
  readonly count: number
  /** `real`: scripts run in shells of this computer; `model`: nothing runs. */
  readonly run: 'real' | 'model'
}

/** A server with simulated guests that are connected, and nothing else. */
export async function startGuestStand({ count, run }: GuestStandOptions): Promise<Stand & { readonly server: Server }> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-guests-'))
  chmodSync(folder, 0o711) // as root, PostgreSQL runs below it as another user
  const [discoveryPort = 0] = await freePorts(1)
  const socketDir = join(folder, 'sockets')
  const config = `guests: { socket_dir: ${socketDir} }\n`
  const server = await startServer({ dataDir: join(folder, 'server'), discoveryPort, config })
  const folders = ['--socket-dir', socketDir, '--data-dir', join(folder, 'guests')]
  const guests = startSimulatedGuests({
    server,
    args: ['--guests', `${count}`, '--json', '--adopt', '--run', run, ...folders],
  })
  const stop = async () => {
    await guests.stop()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  await waitFor(
    `${count} connected guests`,
    async () => {
      const { items } = await server.client.call('listGuests', { query: { limit: 500, state: 'connected' } })
      return items.length >= count ? true : null
    },
    { explain: () => guests.said().slice(-2000), isHopeless: () => guests.hasEnded() },
  ).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { server, url: server.url, token: server.token, ids: { guestId: 'sim-guest-0001' }, stop }
}

/** Five hundred guests, scripts, runs and schedules. */
export async function startManyGuests(): Promise<Stand> {
  const count = 500
  const stand = await startGuestStand({ count, run: 'model' })
  const { client } = stand.server
  const numbers = Array.from({ length: count }, (_, index) => String(index + 1).padStart(4, '0'))
  const ids: string[] = []
  for (const number of numbers) {
    const source = `name: Script ${number}\nos: [linux]\nshell: sh\nscript: echo ${number}\n`
    const script = await client.call('addScript', { body: { source } })
    ids.push(script.id)
    await client.call('addSchedule', {
      body: {
        script_id: script.id,
        name: `Nightly ${number}`,
        timing: { kind: 'cron', cron: '0 3 * * *', time_zone: 'UTC' },
        targets: { machine_ids: [`sim-guest-${number}`] },
      },
    })
  }
  const machine_ids = numbers.map((number) => `sim-guest-${number}`)
  const [scriptId = ''] = ids
  const { executions } = await client.call('addScriptExecutions', { body: { script_id: scriptId, machine_ids } })
  return { ...stand, ids: { ...stand.ids, scriptId, runId: executions[0]?.id ?? '' } }
}
