import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isFault } from '@slipway/base'
import type { Client } from '@slipway/client'
import { readHotFunctions } from './guests/cpu-profile.ts'
import { printShares, runDispatchLoad, type DispatchFigures } from './guests/dispatch-load.ts'
import { allowedDescriptors, startBenchGuests, startBenchServer, type BenchServer } from './guests/programs.ts'
import { at, metric, ratesBetween, readMetrics, settledRss, takeSample, type Rates } from './guests/server-figures.ts'

/** The target: dispatch p99 below this, in milliseconds. */
const targetMs = 250
/** How long guests may take to be connected before the number counts as too high. */
const connectMs = 300_000

interface Plan {
  readonly folder: string
  readonly configFile: string
  readonly perSecond: number
  readonly seconds: number
  readonly settleSeconds: number
  readonly profile: string | null
}

interface Result {
  readonly count: number
  readonly connected: number
  readonly connectSeconds: number
  readonly rssEmpty: number
  readonly rss: number
  readonly dispatch: DispatchFigures
  readonly rates: Rates
}

/**
 * `npm run bench -- guests [--guests 1000,2500,5000,10000]`: so many simulated guests on one instcomd with its own
 * PostgreSQL, metrics every 30 s, scripts at a steady rate; finds the highest number with dispatch p99 below 250 ms.
 */
export async function benchGuests(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      guests: { type: 'string', default: '1000,2500,5000,10000' },
      'per-second': { type: 'string', default: '10' },
      seconds: { type: 'string', default: '60' },
      settle: { type: 'string', default: '60' },
      /** Folder for a CPU profile of instcomd; measure without it. */
      profile: { type: 'string' },
    },
  })
  const counts = values.guests.split(',').map(Number)
  const folder = mkdtempSync(join(tmpdir(), 'slipway-guests-'))
  chmodSync(folder, 0o711) // as root, PostgreSQL runs below it as another user
  mkdirSync(join(folder, 'server'), { mode: 0o711 })
  const configFile = join(folder, 'slipway.yaml')
  writeFileSync(configFile, `guests: { socket_dir: ${join(folder, 'sockets')} }\n`)
  const plan: Plan = {
    folder,
    configFile,
    perSecond: Number(values['per-second']),
    seconds: Number(values.seconds),
    settleSeconds: Number(values.settle),
    profile: values.profile ?? null,
  }
  printHead(plan)
  const results: Result[] = []
  try {
    for (const count of counts) {
      const result = await measure(plan, count)
      printResult(result)
      results.push(result)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  printVerdict(results)
}

/** Adopted first, by a server of its own: the baseline of memory must not have served ten thousand requests. */
async function measure(plan: Plan, count: number): Promise<Result> {
  await adoptAll(plan, count)
  const nodeFlags = plan.profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${plan.profile}`]
  const server = await startBenchServer({ ...plan, nodeFlags })
  // As long as later: a young process is larger than an idle one, until the first collections.
  await new Promise((resolve) => setTimeout(resolve, plan.settleSeconds * 1000))
  const rssEmpty = await settledRss(server.pid, 20)
  const started = performance.now()
  const guests = startBenchGuests({ folder: plan.folder, count, seed: '1' })
  const takers: ((id: string, when: number) => void)[] = []
  for (const program of guests) program.onLine((line) => takeScriptLine(line, takers))
  let loadedAt = performance.now()
  try {
    console.log(`${count} guests in ${guests.length} process${guests.length === 1 ? '' : 'es'}`)
    const connected = await waitUntilConnected(server, count)
    const connectSeconds = (performance.now() - started) / 1000
    await new Promise((resolve) => setTimeout(resolve, plan.settleSeconds * 1000))
    const rss = await settledRss(server.pid, 20)
    const pids = { server: server.pid, guests: guests.map(({ pid }) => pid) }
    loadedAt = performance.now()
    const before = await takeSample(server.url, pids)
    const dispatch = await runDispatchLoad({
      client: server.client,
      perSecond: plan.perSecond,
      seconds: plan.seconds,
      ids: guestIds(count),
      onScript: (take) => void takers.push(take),
    })
    const rates = ratesBetween(before, await takeSample(server.url, pids))
    return { count, connected, connectSeconds, rssEmpty, rss, dispatch, rates }
  } finally {
    await Promise.all(guests.map((program) => program.stop()))
    await server.stop()
    if (plan.profile !== null) printProfile(plan.profile, (performance.now() - loadedAt) / 1000)
  }
}

function guestIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `sim-guest-${String(index + 1).padStart(4, '0')}`)
}

async function adoptAll(plan: Plan, count: number): Promise<void> {
  const server = await startBenchServer({ ...plan, nodeFlags: [] })
  try {
    const ids = guestIds(count)
    let next = 0
    const worker = async () => {
      for (let id = ids[next++]; id !== undefined; id = ids[next++]) await adopt(server.client, id)
    }
    await Promise.all(Array.from({ length: 16 }, worker))
  } finally {
    await server.stop()
  }
}

async function adopt(client: Client, id: string): Promise<void> {
  await client.call('addMachine', { body: { kind: 'virtual', id, name: id } }).catch((error: unknown) => {
    if (!isFault(error, 'conflict')) throw error // a smaller number adopted it already
  })
}

/** Resolves with how many sessions there are: all, or what there was when patience ended. */
async function waitUntilConnected(server: BenchServer, count: number): Promise<number> {
  const deadline = performance.now() + connectMs
  for (;;) {
    const connected = metric(await readMetrics(server.url), 'slipway_agents_connected')
    if (connected >= count || performance.now() > deadline) return connected
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** `{"type":"script","machine_id":…,"execution_id":…,"attempt":1,"at":…}` of the simulator. */
function takeScriptLine(line: string, takers: readonly ((id: string, when: number) => void)[]): void {
  const [, id, when] = /^\{"type":"script".*"execution_id":"([^"]+)".*"at":(\d+)/.exec(line) ?? []
  if (id !== undefined) for (const take of takers) take(id, Number(when))
}

function printHead({ perSecond, seconds, settleSeconds }: Plan): void {
  console.log(
    `${cpus().length} cores, load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}, Node ${process.version}`,
  )
  console.log(
    `One instcomd with its own PostgreSQL (fsync on, default configuration, ulimit -n ${allowedDescriptors()}); the guests are` +
      ` another process that models scripts; metrics every 30 s.\nPer number: ${settleSeconds} s to settle, then ${perSecond} executions a second for` +
      ` ${seconds} s, each of one random guest, sent whether or not earlier ones ended.\nDispatch: from sending POST` +
      ` /api/script-executions to its scripts.started event at the client (the guest's own report, committed and read back).` +
      `\n"At guest" is when the guest began it; "done" is the scripts.completed event (row SUCCESS). Same computer, same clock.\n`,
  )
}

function printResult({ count, connected, connectSeconds, rssEmpty, rss, dispatch, rates }: Result): void {
  const { posted, refused, completed } = dispatch
  console.log(
    `connected              ${connected} of ${count} in ${connectSeconds.toFixed(1)} s (from the simulator's start)`,
  )
  console.log(`executions             ${completed} of ${posted} completed, ${refused} refused`)
  console.log(`dispatch p50 / p99     ${printShares(dispatch.started)} ms`)
  console.log(`  at guest             ${printShares(dispatch.begun)} ms`)
  console.log(`  done                 ${printShares(dispatch.completedAfter)} ms`)
  console.log(
    `cores busy             instcomd ${rates.server.toFixed(2)}, PostgreSQL ${rates.database.toFixed(2)}, simulator ${rates.guests.toFixed(2)}, all programs ${rates.all.toFixed(2)}`,
  )
  console.log(`metrics messages/s     ${rates.metricsMessages.toFixed(0)} (commits/s ${rates.commits.toFixed(0)})`)
  console.log(
    `instcomd RSS           ${mb(rssEmpty)} MB with 0 guests, ${mb(rss)} MB with ${count}: ${((rss - rssEmpty) / 1024 / count).toFixed(1)} KiB a guest\n`,
  )
}

const mb = (bytes: number) => (bytes / 1e6).toFixed(0)
const p99 = ({ dispatch }: Result) => at(dispatch.started, 0.99)
const isGood = (result: Result) =>
  result.connected >= result.count && result.dispatch.completed === result.dispatch.posted && p99(result) < targetMs

function printVerdict(results: readonly Result[]): void {
  const best = results.filter(isGood).toSorted((a, b) => b.count - a.count)[0]
  const worst = results.find((result) => !isGood(result))
  console.log(
    `highest N with p99 < ${targetMs} ms: ${best ? `${best.count} (p99 ${p99(best).toFixed(0)} ms)` : 'none'}`,
  )
  const [least, most] = [results[0], results.at(-1)]
  if (least && most && most.count > least.count) {
    const slope = (most.rss - least.rss) / (most.count - least.count)
    console.log(`RSS of each guest more, from ${least.count} to ${most.count}: ${(slope / 1024).toFixed(1)} KiB`)
  }
  if (worst) console.log(`at ${worst.count}: p99 ${p99(worst).toFixed(0)} ms; ${bottleneckOf(worst)}`)
}

/** Names what was full: one JavaScript thread, all cores, or neither (then it waits: for commits, or for a queue). */
function bottleneckOf({ rates, connected, count }: Result): string {
  if (connected < count) return `${count - connected} guests were never connected`
  const all = rates.server + rates.database + rates.guests
  const others = rates.all - all
  if (others > 0.3) return `other programs used ${others.toFixed(2)} cores meanwhile: measure again on a quiet machine`
  if (rates.server > 0.85)
    return `instcomd's one thread is full (${rates.server.toFixed(2)} cores); --profile DIR says with what`
  if (all > cpus().length * 0.9)
    return `all ${cpus().length} cores are full: instcomd ${rates.server.toFixed(2)}, PostgreSQL ${rates.database.toFixed(2)}, simulator ${rates.guests.toFixed(2)}`
  return `no core is full (${all.toFixed(2)} of ${cpus().length} busy, ${rates.commits.toFixed(0)} commits/s): it waits for the disk or in a queue`
}

function printProfile(folder: string, lastSeconds: number): void {
  const hot = readHotFunctions(folder, { lastSeconds, count: 20 })
  for (const { share, name } of hot ?? []) console.log(`  ${(share * 100).toFixed(1).padStart(5)} %  ${name}`)
}
