import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Installation } from '@slipway/protocol'
import { buildDemoImage } from '../../images/demo/build.ts'
import { simpleConfig, startRack, type Rack } from '@slipway/testing'
import { measureTree } from './process-tree.ts'

/**
 * `npm run bench -- installs [--machines 200]`: that many simulated machines installed at once, one layer of at most
 * 64 KiB, over real HTTP and real mTLS with fsync on; nothing is switched off.
 */
export async function benchInstalls(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { machines: { type: 'string', default: '200' } } })
  const count = Number(values.machines)
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'))
  const image = await buildDemoImage({ out: join(folder, 'image'), small: true })
  const serverConfig = 'installation:\n  max_concurrent: 200\n'
  console.log(`starting ${count} simulated machines`)
  const rack = await startRack({ machines: count, image, serverConfig })
  try {
    const plans = await planAll(rack)
    await measure(rack, plans)
  } finally {
    await rack.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Planned {
  readonly machine_id: string
  readonly kdl: string
  readonly plan_sha256: string
}

/** Plans are made before the clock starts: what is measured is claim to completion. */
async function planAll(rack: Rack): Promise<Planned[]> {
  const { client } = rack
  const ids: string[] = []
  for (let cursor: string | null = null; ;) {
    const query: { limit: number; cursor?: string } = { limit: 500, ...(cursor === null ? {} : { cursor }) }
    const page: { items: { machine_id: string }[]; next_cursor: string | null } = await client.call('listMachines', {
      query,
    })
    ids.push(...page.items.map((machine) => machine.machine_id))
    cursor = page.next_cursor
    if (cursor === null) break
  }
  return eachOf(ids, async (machine_id) => {
    const inventory = await client.call('getMachineInventory', { params: { machine_id } })
    const kdl = simpleConfig(inventory, rack.image)
    const { plan_sha256 } = await client.call('makePlan', { body: { machine_id, kdl } })
    return { machine_id, kdl, plan_sha256 }
  })
}

async function measure(rack: Rack, plans: readonly Planned[]): Promise<void> {
  const server = rack.pids.server ?? 0
  const simulate = rack.pids.simulate ?? 0
  const before = { server: measureTree(server), simulate: measureTree(simulate), commits: await readCommits(rack) }
  const started = performance.now()
  await eachOf(plans, (body) => rack.client.call('install', { body }))
  const done = await waitForAll(rack, plans.length)
  const seconds = (performance.now() - started) / 1000
  const after = { server: measureTree(server), simulate: measureTree(simulate), commits: await readCommits(rack) }
  const completed = done.filter((installation) => installation.status === 'completed')
  const times = completed
    .map((item) => Date.parse(item.ended_at ?? '') - Date.parse(item.created_at))
    .toSorted((a, b) => a - b)
  const cpu = (part: 'server' | 'simulate') => after[part].cpuSeconds - before[part].cpuSeconds
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
  console.log(
    `machines ${plans.length}, completed ${completed.length}, ${cpus().length} cores, Node ${process.version}`,
  )
  console.log(`installs/s             ${(completed.length / seconds).toFixed(1)}`)
  console.log(`commits/s              ${((after.commits - before.commits) / seconds).toFixed(0)}`)
  console.log(`commits per install    ${((after.commits - before.commits) / completed.length).toFixed(1)}`)
  console.log(
    `CPU ms per install     server with database ${((cpu('server') / completed.length) * 1000).toFixed(1)}, machines ${((cpu('simulate') / completed.length) * 1000).toFixed(1)}`,
  )
  console.log(
    `cores busy             server with database ${(cpu('server') / seconds).toFixed(2)}, machines ${(cpu('simulate') / seconds).toFixed(2)}`,
  )
  console.log(`created to completed   p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (queued behind ${plans.length} at once)`)
  console.log(`resident after         server with database ${(after.server.rssBytes / 1e6).toFixed(0)} MB`)
  if (completed.length < plans.length) process.exitCode = 1
}

async function waitForAll(rack: Rack, count: number): Promise<Installation[]> {
  for (;;) {
    const all: Installation[] = []
    for (let cursor: string | null = null; ;) {
      const query: { limit: number; cursor?: string } = { limit: 500, ...(cursor === null ? {} : { cursor }) }
      const page: { items: Installation[]; next_cursor: string | null } = await rack.client.call('listInstallations', {
        query,
      })
      all.push(...page.items)
      cursor = page.next_cursor
      if (cursor === null) break
    }
    const ended = all.filter((item) => item.ended_at !== null)
    if (ended.length >= count) return ended
    // Half a second between looks: each costs the server a listing, and the end is read from the rows anyway.
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** Committed transactions of the database, from the server's own metrics. */
async function readCommits(rack: Rack): Promise<number> {
  const text = await (await fetch(`${rack.url}/metrics`)).text()
  return Number(/^slipway_database_commits(?:_total)? (\d+)/m.exec(text)?.[1] ?? Number.NaN)
}

/** Sixteen at a time: enough to keep the server busy, few enough not to measure the client. */
async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index]
      if (item !== undefined) results[index] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return results
}
