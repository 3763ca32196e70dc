import type { ContenderName } from './contender.ts'
import { percentile, type Result } from './results.ts'
import type { Amount } from './run-rounds.ts'

/** The published targets: dispatch against qemu-ga, and the delay of the first output in milliseconds. */
const mostRatio = 1.25
const mostFirstOutputMs = 5
/** The published limits of the idle agent: percent of one core, bytes of anonymous memory. */
const mostIdleCpu = 1
const mostIdleBytes = 15e6

/** One line for each target: the figure, the target, met or not. */
export function judge(results: ReadonlyMap<string, Result>, amount: Amount): string[] {
  const of = (name: ContenderName) => results.get(name)
  const [link, rest, peer, mesh] = [of('slipway link'), of('slipway REST'), of('qemu-ga'), of('MeshCentral')]
  const p50 = (result: Result) => percentile(result.dispatch, 50)
  const lines: string[] = []
  if (link && peer) {
    const ratio = p50(link) / p50(peer)
    lines.push(
      `- dispatch p50 on the link is ${ratio.toFixed(2)}x that of qemu-ga polled tightly (target: at most ${mostRatio}x): ${met(ratio <= mostRatio)}`,
    )
  }
  if (rest && peer) lines.push(`- dispatch p50 over REST is ${(p50(rest) / p50(peer)).toFixed(2)}x that of qemu-ga`)
  if (link && mesh)
    lines.push(`- dispatch p50 on the link is ${(p50(link) / p50(mesh)).toFixed(2)}x that of MeshCentral`)
  for (const result of [link, rest]) if (result) lines.push(...judgeOne(result, amount))
  return lines
}

function judgeOne(result: Result, amount: Amount): string[] {
  const { contender, bursts, bulk, firstOutput, firstOutputLost } = result
  const answered = Math.min(...bursts.map((burst) => burst.answered))
  const late = percentile(firstOutput, 99)
  const whole = bulk?.intact === true && !bulk.truncated && bulk.bytes === amount.bulkBytes
  return [
    `- ${contender.name}: ${answered} of ${amount.atOnce} answered in every round (target: all): ${met(answered === amount.atOnce)}`,
    `- ${contender.name}: ${bulk?.bytes ?? 0} of ${amount.bulkBytes} bytes below the cap (target: all, nothing cut off): ${met(whole)}`,
    `- ${contender.name}: first output after ${percentile(firstOutput, 50).toFixed(2)} ms, p99 ${late.toFixed(2)} ms (target: at most ${mostFirstOutputMs} ms): ${met(late <= mostFirstOutputMs && firstOutputLost === 0)}`,
    ...judgeIdle(result),
  ]
}

function judgeIdle({ contender, idle }: Result): string[] {
  if (!idle) return []
  const { cpuPercent, memory } = idle
  const isMet = cpuPercent < mostIdleCpu && memory.anonymous < mostIdleBytes
  return [
    `- ${contender.name}: idle with ${cpuPercent.toFixed(2)} % of a core and ${(memory.anonymous / 1e6).toFixed(1)} MB of anonymous memory (target: below ${mostIdleCpu} % and ${mostIdleBytes / 1e6} MB): ${met(isMet)}`,
  ]
}

function met(isMet: boolean): string {
  return isMet ? 'met' : 'not met'
}
