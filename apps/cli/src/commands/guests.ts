import type { Command } from 'commander'
import { Fault, isFault } from '@slipway/base'
import type { Client } from '@slipway/client'
import type { Guest } from '@slipway/protocol'
import { connect } from '../connect.ts'
import { print, printJson } from '../output/print.ts'
import { printTable } from '../output/print-table.ts'
import { findMachine } from './find-machine.ts'

interface Json {
  json?: boolean
}

/** `slipway guests list|show`. */
export function addGuestsCommands(program: Command): void {
  const guests = program.command('guests').description('machines with an agent, and links that wait for adoption')
  guests
    .command('list')
    .description('list guests')
    .option('--state <state>', 'only those that are connected, legacy, disconnected or unadopted')
    .option('--json', 'print JSON')
    .action(async (options: Json & { state?: Guest['state'] }) => {
      const items = await listAll(connect(), options.state)
      if (options.json) return printJson({ items, next_cursor: null })
      if (items.length === 0) return print('No guests. An installed machine with an agent shows up here by itself.')
      print(printTable(headings, items.map(guestRow)))
    })
  guests
    .command('show <machine>')
    .description('one guest with its newest figures')
    .option('--json', 'print JSON')
    .action(async (name: string, options: Json) => {
      const guest = await findGuest(connect(), name)
      if (options.json) return printJson(guest)
      print(printTable(headings, [guestRow(guest)]))
      if (guest.problem !== null) print(`\n${guest.problem}`)
      if (guest.metrics) print(`\n${figures(guest.metrics)}`)
    })
}

async function listAll(client: Client, state: Guest['state'] | undefined): Promise<Guest[]> {
  const items: Guest[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const query = { limit: 500, ...(state && { state }), ...(cursor && { cursor }) }
    const page = await client.call('listGuests', { query })
    items.push(...page.items)
    cursor = page.next_cursor
  }
  return items
}

/** By id, which may be that of a socket without a machine; else by host name. */
async function findGuest(client: Client, name: string): Promise<Guest> {
  const get = (id: string) => client.call('getGuest', { params: { id } })
  const byId = await get(name).catch((error: unknown) => {
    if (isFault(error, 'not-found')) return null
    throw error
  })
  if (byId) return byId
  const machine = await findMachine(client, name)
  return get(machine.machine_id).catch((error: unknown) => {
    if (!isFault(error, 'not-found')) throw error
    throw new Fault('not-found', `machine ${machine.machine_id} has no agent; see slipway guests list`, {
      cause: error,
    })
  })
}

const headings = ['machine', 'name', 'state', 'agent', 'platform', 'link', 'cpu', 'memory', 'last contact']

function guestRow(guest: Guest): (string | number | null)[] {
  const system = guest.metrics?.data.system
  return [
    guest.machine_id,
    guest.name,
    guest.state,
    guest.agent_version,
    guest.platform && guest.arch ? `${guest.platform}/${guest.arch}` : guest.platform,
    guest.link,
    system ? `${system.cpu.usage_percent.toFixed(0)} %` : null,
    system ? `${mebibytes(system.memory.used_kb)} of ${mebibytes(system.memory.total_kb)} MiB` : null,
    guest.last_contact,
  ]
}

function figures({ at, data }: NonNullable<Guest['metrics']>): string {
  const { disk, network, system } = data.system
  const disks = disk.usage_stats.map((one) => [one.mount_point, one.used_gb.toFixed(1), one.total_gb.toFixed(1)])
  const links = network.interfaces.map((one) => [one.name, one.bytes_received, one.bytes_sent])
  return [
    `at ${at}, up ${Math.floor(system.uptime_seconds / 3600)} h`,
    printTable(['mounted at', 'used GB', 'of GB'], disks),
    printTable(['interface', 'bytes received', 'bytes sent'], links),
  ].join('\n\n')
}

function mebibytes(kilobytes: number): string {
  return (kilobytes / 1024).toFixed(0)
}
