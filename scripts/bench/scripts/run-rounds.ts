import { loadavg } from 'node:os'
import type { Contender } from './contender.ts'
import { measureBulk, measureBurst, measureDispatch, measureFirstOutput, measureIdle, withPeak } from './measure.ts'
import { percentile, type Result } from './results.ts'

/** How much is measured. */
export interface Amount {
  readonly rounds: number
  /** Echoes one after the other, of each contender in each round. */
  readonly count: number
  readonly atOnce: number
  readonly bulkBytes: number
  readonly idleSeconds: number
}

/** Echoes before anything counts: code is compiled, caches are warm. */
const warmUp = 30
const firstOutputs = 20

/** Measures all: idle first, then rounds with the order turned in each, then the large output. */
export async function runRounds(
  contenders: readonly Contender[],
  amount: Amount,
): Promise<{ results: Map<string, Result>; loads: number[] }> {
  const results = new Map(contenders.map((contender) => [contender.name as string, emptyResult(contender)]))
  const loads: number[] = []
  for (const contender of contenders) for (let turn = 0; turn < warmUp; turn += 1) await measureDispatch(contender)
  console.log(`idle for ${amount.idleSeconds} s`)
  await measureIdle(contenders, results, amount.idleSeconds)
  for (let round = 0; round < amount.rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(round + turn) % contenders.length]
      const result = contender && results.get(contender.name)
      if (!contender || !result) continue
      loads.push(loadavg()[0] ?? Number.NaN)
      await measureRound(contender, result, amount, round)
    }
  }
  for (const contender of contenders) {
    const result = results.get(contender.name)
    if (!result) continue
    result.bulk = await withPeak(contender, result, () => measureBulk(contender, amount.bulkBytes))
    const { bytes, seconds, truncated, failure } = result.bulk
    console.log(
      `${contender.name.padEnd(12)} ${bytes} of ${amount.bulkBytes} bytes in ${seconds.toFixed(2)} s${truncated ? ', truncated' : ''}${failure === null ? '' : `, no result: ${failure}`}`,
    )
  }
  return { results, loads }
}

async function measureRound(contender: Contender, result: Result, amount: Amount, round: number): Promise<void> {
  const times: number[] = []
  for (let turn = 0; turn < amount.count; turn += 1) {
    const ms = await measureDispatch(contender)
    if (ms === null) result.dispatchLost += 1
    else times.push(ms)
  }
  result.dispatch.push(...times)
  for (let turn = 0; contender.streams && turn < firstOutputs; turn += 1) {
    const ms = await measureFirstOutput(contender)
    if (ms === null) result.firstOutputLost += 1
    else result.firstOutput.push(ms)
  }
  const burst = await withPeak(contender, result, () => measureBurst(contender, amount.atOnce))
  result.bursts.push(burst)
  console.log(
    `round ${round + 1} ${contender.name.padEnd(12)} p50 ${percentile(times, 50).toFixed(2)} ms, p99 ${percentile(times, 99).toFixed(2)} ms, ${firstOutputOf(result)}${burst.answered} of ${amount.atOnce} in ${burst.seconds.toFixed(2)} s`,
  )
}

function firstOutputOf({ firstOutput }: Result): string {
  return firstOutput.length === 0 ? '' : `first output p50 ${percentile(firstOutput, 50).toFixed(2)} ms, `
}

function emptyResult({ name, title, commands, streams }: Contender): Result {
  return {
    contender: { name, title, commands, streams },
    dispatch: [],
    dispatchLost: 0,
    firstOutput: [],
    firstOutputLost: 0,
    bursts: [],
    bulk: null,
    idle: null,
    peak: { pss: 0, anonymous: 0 },
  }
}
