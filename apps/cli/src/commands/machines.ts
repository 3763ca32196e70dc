import type { Command } from 'commander'
import { machineAddress, type Claim, type Machine } from '@slipway/protocol'
import { connect } from '../connect.ts'
import { forgetClaim, keepClaim, requireClaim } from '../kept-claims.ts'
import { print, printJson } from '../output/print.ts'
import { printTable } from '../output/print-table.ts'
import { findMachine } from './find-machine.ts'

interface Json {
  json?: boolean
}

/** `slipway machines list|show|add|claim|renew|release`. */
export function addMachinesCommands(program: Command): void {
  const machines = program.command('machines').description('machines that were discovered or entered')
  machines
    .command('list')
    .description('list machines')
    .option('--status <status>', 'only those in this status')
    .option('--json', 'print JSON')
    .action(async (options: Json & { status?: Machine['status'] }) => {
      const page = await connect().call('listMachines', {
        query: { limit: 500, ...(options.status ? { status: options.status } : {}) },
      })
      if (options.json) return printJson(page)
      if (page.items.length === 0) return print('No machines yet. Run slipway doctor to see whether discovery works.')
      print(printTable(headings, page.items.map(machineRow)))
    })
  machines
    .command('show <machine>')
    .description('one machine with its hardware')
    .option('--json', 'print JSON')
    .action(async (name: string, options: Json) => {
      const client = connect()
      const machine = await findMachine(client, name)
      const inventory = await client.call('getMachineInventory', { params: { machine_id: machine.machine_id } })
      if (options.json) return printJson({ ...machine, inventory })
      print(printTable(headings, [machineRow(machine)]))
      const disks = inventory.disks.map((disk) => [
        disk.name,
        disk.serial,
        gigabytes(disk.bytes),
        disk.pool ?? disk.signatures.join(' ') ?? null,
      ])
      print(`\n${printTable(['disk', 'serial', 'size', 'contents'], disks)}`)
      const links = inventory.interfaces.map((link) => [link.name, link.mac, link.link, link.addresses.join(' ')])
      print(`\n${printTable(['interface', 'mac', 'link', 'addresses'], links)}`)
    })
  machines
    .command('add <address>')
    .description('enter a machine by its address[:port]')
    .action(async (address: string) => {
      const { host, port } = splitAddress(address)
      const machine = await connect().call('addMachine', { body: { address: host, ...(port ? { port } : {}) } })
      print(machine.machine_id)
    })
  machines
    .command('claim <machine>')
    .description('claim a machine under a lease')
    .option('--ttl <seconds>', 'length of the lease', Number)
    .option('--code <code>', 'the code shown on the machine’s console')
    .option('--json', 'print JSON')
    .action(async (name: string, options: Json & { ttl?: number; code?: string }) => {
      const client = connect()
      const machine = await findMachine(client, name)
      const body = {
        ...(options.ttl ? { ttl_seconds: options.ttl } : {}),
        ...(options.code ? { code: options.code } : {}),
      }
      const claim = await client.call('claimMachine', { params: { machine_id: machine.machine_id }, body })
      printClaim(claim, options)
      keepClaim(machine.machine_id, claim.claim_id)
    })
  machines
    .command('renew <machine>')
    .description('renew a claim before it expires')
    .option('--claim <id>', 'the claim’s id (default: of your last claim on the machine)')
    .option('--ttl <seconds>', 'length of the lease from now', Number)
    .option('--json', 'print JSON')
    .action(async (name: string, options: Json & { claim?: string; ttl?: number }) => {
      const client = connect()
      const { machine_id } = await findMachine(client, name)
      const body = {
        claim_id: requireClaim(machine_id, options.claim),
        ...(options.ttl ? { ttl_seconds: options.ttl } : {}),
      }
      printClaim(await client.call('renewClaim', { params: { machine_id }, body }), options)
    })
  machines
    .command('release <machine>')
    .description('release a claim')
    .option('--claim <id>', 'the claim’s id (default: of your last claim on the machine)')
    .option('--force', 'end another holder’s claim (administrators)')
    .action(async (name: string, options: { claim?: string; force?: boolean }) => {
      const client = connect()
      const { machine_id } = await findMachine(client, name)
      const body = options.force ? { force: true } : { claim_id: requireClaim(machine_id, options.claim) }
      await client.call('releaseClaim', { params: { machine_id }, body })
      forgetClaim(machine_id)
    })
}

function printClaim(claim: Claim, options: Json): void {
  if (options.json) printJson(claim)
  else print(`${claim.claim_id} (fence ${claim.fence}, ${claim.holder}, until ${claim.expires_at})`)
}

const headings = ['machine', 'hostname', 'status', 'address', 'cpus', 'memory', 'storage', 'claimed by']

function machineRow(machine: Machine): (string | number | null)[] {
  const { specs } = machine
  return [
    machine.machine_id,
    machine.hostname,
    machine.conflict ? `${machine.status} (conflict)` : machine.status,
    printAddress(machine),
    specs?.cpu_cores ?? null,
    specs ? `${specs.memory_gb} GiB` : null,
    specs ? `${specs.storage_gb} GB` : null,
    machine.claim?.holder ?? null,
  ]
}

/** An installed machine's own address; else where machined answers, with its port. */
function printAddress(machine: Machine): string | null {
  const address = machineAddress(machine)
  if (address === null || address !== machine.address || machine.port === null) return address
  return `${address.includes(':') ? `[${address}]` : address}:${machine.port}`
}

/** `10.0.0.1:8443`, `[fe80::1]:8443`, or an address alone. */
function splitAddress(text: string): { host: string; port: number | null } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  return match ? { host: match[1] ?? match[2] ?? text, port: Number(match[3]) } : { host: text, port: null }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}
