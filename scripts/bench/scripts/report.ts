import { cpus, release, totalmem } from 'node:os'
import type { ContenderName } from './contender.ts'
import { percentile, type Result } from './results.ts'
import type { Amount } from './run-rounds.ts'
import { judge } from './targets.ts'

/** Everything that the report tells. */
export interface Findings {
  readonly command: string
  readonly amount: Amount
  readonly results: ReadonlyMap<string, Result>
  /** Who could not be measured, and why. */
  readonly absent: ReadonlyMap<ContenderName, string>
  readonly relay: { readonly plain: number; readonly relayed: number }
  /** Milliseconds of one append and fdatasync where the agents keep their journals, median. */
  readonly syncMs: number
  /** Load average before each part. */
  readonly loads: readonly number[]
}

/** The report as Markdown: figures, ratios against the targets, versions, commands and machine. */
export function describeFindings(findings: Findings): string {
  const { command, amount, results, absent, relay, syncMs, loads } = findings
  const all = [...results.values()]
  const head = all.map(({ contender }) => contender.name)
  return [
    `## Running scripts (\`${command}\`)`,
    '',
    `\`bash -c 'echo'\` one after the other, ${amount.rounds} rounds of ${amount.count} with the order turned in each, after a warm-up; ${amount.atOnce} of them at once to one agent in each round; one script that writes ${amount.bulkBytes} bytes. ` +
      'Agents run on this machine, each on its own unix socket (MeshCentral on loopback TLS). "link" is message to message on that socket, "REST" is request to `SUCCESS` visible.',
    '',
    `| | ${head.join(' | ')} |`,
    `|---|${head.map(() => '---|').join('')}`,
    ...rows(amount).map(([name, of]) => `| ${name} | ${all.map(of).join(' | ')} |`),
    '',
    ...judge(results, amount),
    ...[...absent].map(([name, why]) => `- ${name} was not measured: ${why.split('\n')[0]}`),
    '',
    ...all.map(
      ({ contender }) => `- ${contender.name}: ${contender.title}. ${contender.commands.map(code).join('; ')}`,
    ),
    '',
    `The relay takes ${((relay.relayed - relay.plain) * 1000).toFixed(0)} µs of a question and its answer (median; ${(relay.plain * 1000).toFixed(0)} µs without it); qemu-ga and "slipway link" have none. An append and fdatasync take ${syncMs.toFixed(2)} ms where the agents keep their journals (median); only Slipway writes to disk before a script starts. ` +
      'First output is the time from a write of the script (EPOCHREALTIME) to the arrival of the text; qemu-ga shows output only at the end. MeshCentral feeds the command to a `sh` that starts bash, tells no exit code, takes one command at a time and drops the others, and collects the output in one growing string of its agent (meshcore.js, runcommands): in a trial of its own 1 MB came at once, 2 MB after 5 s, 4 MB not within 25 s. ' +
      `Memory and CPU are those of the agent's process tree, scripts included: proportional and anonymous pages (smaps_rollup), idle at the end of ${amount.idleSeconds} s of idleness, all at the same time; peak looked at every 100 ms while ${amount.atOnce} ran at once and while the large output was written. ` +
      `Machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.versions.node}; load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.`,
  ].join('\n')
}

function rows(amount: Amount): [string, (result: Result) => string][] {
  return [
    [
      'dispatch p50, p99 (ms)',
      ({ dispatch, dispatchLost: lost }) => `${pair(dispatch)}${lost > 0 ? `; ${lost} lost` : ''}`,
    ],
    [
      'first output p50, p99 (ms)',
      ({ firstOutput, firstOutputLost: lost }) =>
        firstOutput.length === 0 ? 'at the end only' : `${pair(firstOutput)}${lost > 0 ? `; ${lost} never shown` : ''}`,
    ],
    [
      `${amount.atOnce} at once: answered with their output, s (median)`,
      ({ bursts }) =>
        `${spread(bursts.map(({ answered }) => answered))}, ${percentile(
          bursts.map(({ seconds }) => seconds),
          50,
        ).toFixed(2)}`,
    ],
    [`${amount.bulkBytes / 1e6} MB of output`, bulkOf],
    ['idle memory: PSS, anonymous (MB)', ({ idle }) => (idle ? memory(idle.memory) : '—')],
    ['peak memory: PSS, anonymous (MB)', ({ peak }) => memory(peak)],
    ['idle CPU (%)', ({ idle }) => idle?.cpuPercent.toFixed(2) ?? '—'],
  ]
}

function bulkOf({ bulk }: Result): string {
  if (!bulk) return '—'
  const { bytes, intact, truncated, seconds, failure } = bulk
  const got = `${bytes} bytes, ${seconds.toFixed(2)} s`
  if (failure !== null) return `no result: ${failure} (${got} shown until then)`
  return `${got}${truncated ? ', truncated' : ''}${intact ? '' : ', not what was written'}`
}

function pair(values: readonly number[]): string {
  return `${percentile(values, 50).toFixed(2)}, ${percentile(values, 99).toFixed(2)}`
}

function spread(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return least === most ? `${least}` : `${least}–${most}`
}

function memory({ pss, anonymous }: { pss: number; anonymous: number }): string {
  return `${(pss / 1e6).toFixed(1)}, ${(anonymous / 1e6).toFixed(1)}`
}

function code(text: string): string {
  return `\`${text}\``
}
