import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Contender, ContenderName } from './scripts/contender.ts'
import { startMeshCentral } from './scripts/meshcentral/start-meshcentral.ts'
import { startQemuGa } from './scripts/qemu-ga.ts'
import { describeFindings } from './scripts/report.ts'
import { measureSync } from './scripts/measure-sync.ts'
import { runRounds, type Amount } from './scripts/run-rounds.ts'
import { findAgentProgram } from './scripts/slipway/agent-program.ts'
import { startLinkLevel } from './scripts/slipway/link-level.ts'
import { startRestLevel } from './scripts/slipway/rest-level.ts'
import { measureRelay } from './scripts/start-relay.ts'
import { writeSection } from './scripts/write-section.ts'

const number = (value: string) => ({ type: 'string', default: value }) as const

/**
 * `npm run bench -- scripts [--rounds 8] [--count 25] [--idle 30] [--bytes 20000000] [--only NAME,…] [--no-write]`: our agent, alone
 * and behind instcomd, qemu-ga and MeshCentral run the same scripts in turns; results into docs/benchmarks.md. Needs root on Debian;
 * qemu-ga and MeshCentral are fetched into the cache, everything runs on unix sockets and loopback.
 */
export async function benchScripts(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: number('8'),
      count: number('25'),
      idle: number('30'),
      bytes: number('20000000'),
      only: { type: 'string' },
      'no-write': { type: 'boolean', default: false },
    },
  })
  const amount: Amount = {
    rounds: Number(values.rounds),
    count: Number(values.count),
    atOnce: 50,
    bulkBytes: Number(values.bytes),
    idleSeconds: Number(values.idle),
  }
  assertTools()
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'))
  chmodSync(folder, 0o711) // PostgreSQL runs as an unprivileged user below it
  const interrupted = () => process.exit(130)
  process.once('SIGINT', interrupted)
  const contenders: Contender[] = []
  try {
    const absent = await startAll(folder, contenders, values.only?.split(',') ?? null)
    const relay = await measureRelay(folder)
    const syncMs = measureSync(folder)
    const { results, loads } = await runRounds(contenders, amount)
    const command = ['npm run bench -- scripts', ...args.filter((each) => each !== '--no-write')].join(' ')
    const text = describeFindings({ command, amount, results, absent, relay, syncMs, loads })
    console.log(`\n${text}`)
    if (!values['no-write']) writeSection(text)
  } finally {
    process.off('SIGINT', interrupted)
    for (const contender of contenders) await contender.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Starts those that are wanted, one after the other; a peer that does not start is told about and left out. */
async function startAll(
  folder: string,
  contenders: Contender[],
  only: readonly string[] | null,
): Promise<Map<ContenderName, string>> {
  const program = await findAgentProgram()
  const starts: Readonly<Record<ContenderName, () => Promise<Contender>>> = {
    'slipway link': () => startLinkLevel(folder, program),
    'qemu-ga': () => startQemuGa(folder),
    'slipway REST': () => startRestLevel(folder, program),
    MeshCentral: () => startMeshCentral(join(folder, 'meshcentral')),
  }
  const absent = new Map<ContenderName, string>()
  for (const [name, start] of Object.entries(starts) as [ContenderName, () => Promise<Contender>][]) {
    if (only && !only.includes(name)) continue
    try {
      const contender = await start()
      contenders.push(contender)
      console.log(`${name}: ${contender.title}, pid ${contender.agentPid}`)
    } catch (error) {
      if (name.startsWith('slipway')) throw error
      absent.set(name, error instanceof Error ? error.message : String(error))
      console.log(`${name} does not run here: ${absent.get(name)}`)
    }
  }
  return absent
}

function assertTools(): void {
  if (process.getuid?.() !== 0)
    throw new Error('qemu-ga and the agents run as root, as they do on machines: run it as root')
  const missing = ['apt-get', 'dpkg-deb', 'npm'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined)
  if (missing.length > 0) throw new Error(`this bench needs ${missing.join(', ')}; it runs on Debian`)
}
