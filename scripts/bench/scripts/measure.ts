import { setTimeout as wait } from 'node:timers/promises'
import { measureTree } from '../process-tree.ts'
import type { Contender, Outcome } from './contender.ts'
import { measureMemory, watchMemory } from './process-memory.ts'
import type { Bulk, Burst, Result } from './results.ts'
import { startWallClock } from './wall-clock.ts'

/** A script that takes longer has been lost. */
const dispatchMs = 10_000
/** 50 echoes take each contender well below a second; the rest of the time is for those that answer late. */
const burstMs = 10_000
const bulkMs = 120_000
/** A line of 64 bytes, written again and again. */
const bulkLine = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.\n'

/** The script whose dispatch is measured: `bash -c 'echo'`. */
const echo = 'echo'
/** The pause keeps the end of the script from being what shows the output. */
const timestamp = 'echo "at=$EPOCHREALTIME="; sleep 0.06'

/** Milliseconds from asking to knowing the end; null when no result came. */
export async function measureDispatch(contender: Contender): Promise<number | null> {
  const started = performance.now()
  const outcome = await orLost(contender.run.bind(contender), echo)
  if (outcome === null) return null
  const { exitCode, output } = outcome
  const ms = performance.now() - started
  if ((exitCode ?? 0) !== 0 || output.join('') !== '\n')
    throw new Error(`${contender.name}: echo ended with ${exitCode} and ${JSON.stringify(output)}`)
  return ms
}

/** Milliseconds from a write of the script to the arrival of the text here; null when it never came while the script ran. */
export async function measureFirstOutput(contender: Contender): Promise<number | null> {
  const clock = startWallClock()
  let text = ''
  let arrived = Number.NaN
  const onOutput = (piece: string) => {
    if (text === '') arrived = clock()
    text += piece
  }
  await orLost(contender.run.bind(contender), timestamp, onOutput)
  if (text === '') return null
  const written = Number(/at=(\d+[.,]\d+)=/.exec(text)?.[1]?.replace(',', '.')) * 1000
  if (Number.isNaN(written)) throw new Error(`${contender.name} showed ${JSON.stringify(text)} instead of a time`)
  return arrived - written
}

/** Runs a script; null when it was lost. */
async function orLost(
  run: Contender['run'],
  script: string,
  onOutput?: (piece: string) => void,
): Promise<Outcome | null> {
  const signal = AbortSignal.timeout(dispatchMs)
  try {
    return await run(script, onOutput ? { signal, onOutput } : { signal })
  } catch (error) {
    if (signal.aborted) return null
    throw error
  }
}

/** Gives so many echoes to the agent at once and counts the answers. */
export async function measureBurst(contender: Contender, count: number): Promise<Burst> {
  const signal = AbortSignal.timeout(burstMs)
  const started = performance.now()
  let [answered, last] = [0, started]
  const one = async () => {
    const { output } = await contender.run(echo, { signal })
    if (output.join('') !== '\n') return
    answered += 1
    last = performance.now()
  }
  const settled = await Promise.allSettled(Array.from({ length: count }, one))
  for (const each of settled)
    if (each.status === 'rejected' && each.reason !== signal.reason)
      console.log(`${contender.name}: ${String(each.reason)}`)
  return { answered, seconds: (last - started) / 1000 }
}

/** One script that writes so many bytes of text. */
export async function measureBulk(contender: Contender, bytes: number): Promise<Bulk> {
  const script = `yes '${bulkLine.trim()}' | head -c ${bytes}`
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  let seen = 0
  try {
    const signal = AbortSignal.timeout(bulkMs)
    const onOutput = (piece: string) => (seen += piece.length)
    const { output, truncated } = await contender.run(script, { signal, onOutput })
    const took = seconds()
    const text = output.join('')
    const intact = text === bulkLine.repeat(Math.ceil(text.length / bulkLine.length)).slice(0, text.length)
    return { bytes: text.length, intact, truncated, seconds: took, failure: null }
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    return { bytes: seen, intact: false, truncated: false, seconds: seconds(), failure }
  }
}

/** Memory now and CPU over the time given, of all at the same time. */
export async function measureIdle(
  contenders: readonly Contender[],
  results: ReadonlyMap<string, Result>,
  seconds: number,
): Promise<void> {
  const before = contenders.map(({ agentPid }) => measureTree(agentPid).cpuSeconds)
  const started = performance.now()
  await wait(seconds * 1000)
  const took = (performance.now() - started) / 1000
  contenders.forEach(({ name, agentPid }, index) => {
    const result = results.get(name)
    const cpu = measureTree(agentPid).cpuSeconds - (before[index] ?? 0)
    if (result) result.idle = { memory: measureMemory(agentPid), cpuPercent: (cpu / took) * 100 }
  })
}

/** Does the work while memory is watched, and keeps the peak. */
export async function withPeak<T>(contender: Contender, result: Result, work: () => Promise<T>): Promise<T> {
  const watch = watchMemory(contender.agentPid)
  try {
    return await work()
  } finally {
    const { pss, anonymous } = watch.stop()
    result.peak = { pss: Math.max(result.peak.pss, pss), anonymous: Math.max(result.peak.anonymous, anonymous) }
  }
}
