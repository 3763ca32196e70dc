import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundlePull } from './oci/bundle-pull.ts'
import { makeContenders, type Contender } from './oci/contenders.ts'
import { buildDebianImage } from './oci/debian-image.ts'
import { measureRun, type Run } from './oci/measure-run.ts'
import { describeResults, writeReport } from './oci/report.ts'
import { serveImage } from './oci/serve-image.ts'

/**
 * `npm run bench -- oci [--rounds 5] [--no-write]`: one image of Debian packages pulled and unpacked by Slipway, by skopeo and
 * umoci, and by curl and tar; interleaved, each tree compared, results into docs/benchmarks.md. Needs root, 3 GB of disk a round and the Debian
 * packages docker-registry, skopeo, umoci, curl and jq. Every digest check of ours is on.
 */
export async function benchOci(args: readonly string[]): Promise<void> {
  const options = { rounds: { type: 'string', default: '5' }, 'no-write': { type: 'boolean', default: false } } as const
  const { values } = parseArgs({ args: [...args], options })
  assertTools()
  const image = await buildDebianImage()
  // Beside the image: registry and target are on the same disk.
  const folder = mkdtempSync(join(dirname(image.layout), 'run-'))
  const server = await serveImage(image.layout, join(folder, 'registry'))
  const stop = (): void => void server.stop().finally(() => process.exit(130))
  process.once('SIGINT', stop)
  try {
    const contenders = makeContenders(server, await bundlePull(folder))
    const results = await runRounds(contenders, Number(values.rounds), join(folder, 'targets'))
    const text = describeResults(results, image, `npm run bench -- oci --rounds ${values.rounds}`)
    console.log(`\n${text}`)
    if (!values['no-write']) writeReport(text)
  } finally {
    process.off('SIGINT', stop)
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function assertTools(): void {
  if (process.getuid?.() !== 0) throw new Error('this bench keeps owners and devices: run it as root')
  const tools = ['docker-registry', 'skopeo', 'umoci', 'curl', 'jq', 'dpkg-deb', 'apt-get']
  const missing = tools.filter((tool) => spawnSync(tool, ['--version']).error !== undefined)
  if (missing.length > 0)
    throw new Error(`this bench needs ${missing.join(', ')}: apt-get install ${missing.join(' ')}`)
}

async function runRounds(
  contenders: readonly Contender[],
  rounds: number,
  targets: string,
): Promise<Map<Contender['name'], (Run & { load: number })[]>> {
  const results = new Map(contenders.map(({ name }) => [name, [] as (Run & { load: number })[]]))
  let tree: string | null = null
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(round + turn) % contenders.length]
      if (contender === undefined) continue
      const load = loadavg()[0] ?? NaN
      const run = await measureRun(contender, join(targets, `${round}-${turn}`))
      tree ??= run.tree
      if (run.tree !== tree)
        throw new Error(`the tree of ${contender.name} differs from the others: no time counts; look below ${targets}`)
      results.get(contender.name)?.push({ ...run, load })
      console.log(
        `round ${round + 1} ${contender.name.padEnd(12)} ${run.seconds.toFixed(2)} s, ${run.cpuSeconds.toFixed(2)} s CPU, ${(run.peakBytes / 1e6).toFixed(0)} MB, load ${load.toFixed(1)}`,
      )
    }
  }
  return results
}
