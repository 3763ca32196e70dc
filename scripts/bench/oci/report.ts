import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Contender } from './contenders.ts'
import type { DebianImage } from './debian-image.ts'
import type { Run } from './measure-run.ts'

/** All runs of one contender and the load of the machine before each. */
export type Results = ReadonlyMap<Contender['name'], readonly (Run & { readonly load: number })[]>

const file = join(import.meta.dirname, '../../../docs/benchmarks.md')
const [begin, end] = ['<!-- oci: written by npm run bench -- oci -->', '<!-- /oci -->']

/** The report as Markdown: figures, ratios against the targets, machine and command. */
export function describeResults(results: Results, image: DebianImage, command: string): string {
  const rows = [...results].map(([name, runs]) => {
    const of = (pick: (run: Run) => number, digits: number): string => median(runs.map(pick)).toFixed(digits)
    const spread = `${Math.min(...runs.map((run) => run.seconds)).toFixed(2)}–${Math.max(...runs.map((run) => run.seconds)).toFixed(2)}`
    const peak = Math.max(...runs.map((run) => run.peakBytes)) / 1e6
    return `| ${name} | ${of((run) => run.seconds, 2)} | ${spread} | ${of((run) => run.cpuSeconds, 2)} | ${peak.toFixed(0)} |`
  })
  const packed = image.written.manifests[0]?.layers ?? []
  const loads = [...results.values()].flat().map((run) => run.load)
  const rounds = results.get('slipway')?.length ?? 0
  return [
    `## Pulling and unpacking an image (\`${command}\`)`,
    '',
    `${image.files} files, ${(image.bytes / 1e6).toFixed(0)} MB in ${packed.length} gzip layers of together ${(packed.reduce((sum, layer) => sum + layer.bytes, 0) / 1e6).toFixed(0)} MB, made from Debian packages; Debian's docker-registry on loopback; ` +
      `${rounds} rounds, order turned each round, a new directory and \`sync\` before each run, nothing deleted between runs (ext4 searches long after mass deletions), blobs in the page cache. Every tree was equal (contents, modes, owners, links, extended attributes) before its time counted.`,
    '',
    '| | wall s (median) | wall s (all) | CPU s (median) | peak MB (process tree) |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    ...ratios(results),
    '',
    `Machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.versions.node}; load average before the runs ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}. ` +
      'CPU is that of the contender and its children, without the registry. Memory is the largest sum of resident sizes, looked at every 50 ms. ' +
      'Slipway is a whole process per run, bundled and started with `--max-semi-space-size=2` as the live environment starts machined; every digest is checked.',
  ].join('\n')
}

/** Puts the section into docs/benchmarks.md, in place of an earlier one. */
export function writeReport(text: string): void {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : '# Benchmarks\n'
  const [before = '', rest = ''] = old.split(begin)
  const after = rest.split(end)[1] ?? ''
  writeFileSync(file, `${before.trimEnd()}\n\n${begin}\n${text}\n${end}\n${after === '' ? '' : `\n${after.trim()}\n`}`)
}

function ratios(results: Results): string[] {
  const wall = (name: Contender['name']): number => median((results.get(name) ?? []).map((run) => run.seconds))
  const faster = wall('skopeo+umoci') / wall('slipway')
  const floor = wall('slipway') / wall('curl|tar')
  const peak = Math.max(...(results.get('slipway') ?? []).map((run) => run.peakBytes)) / 1e6
  return [
    `- ${faster.toFixed(2)}x as fast as skopeo + umoci (target: at least 3x): ${faster >= 3 ? 'met' : 'not met'}`,
    `- ${floor.toFixed(2)}x the time of curl | tar (target: at most 1.2x): ${floor <= 1.2 ? 'met' : 'not met'}`,
    `- ${peak.toFixed(0)} MB at the most (target: at most 150 MB): ${peak <= 150 ? 'met' : 'not met'}`,
  ]
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}
