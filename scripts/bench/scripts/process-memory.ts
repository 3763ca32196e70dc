import { readFileSync } from 'node:fs'
import { treeOf } from '../process-tree.ts'

/** Memory of a process tree in bytes (proc(5), smaps_rollup): pages shared with others counted in part, and private ones. */
export interface TreeMemory {
  readonly pss: number
  readonly anonymous: number
}

/** Memory of a process and everything below it, now. */
export function measureMemory(root: number): TreeMemory {
  const parts = treeOf(root).map(readRollup)
  return {
    pss: parts.reduce((sum, { pss }) => sum + pss, 0),
    anonymous: parts.reduce((sum, { anonymous }) => sum + anonymous, 0),
  }
}

/** How often memory is looked at; a peak between two looks is missed. */
const sampleMs = 100

/** Samples a tree until stopped; `stop` gives the largest sums seen. */
export function watchMemory(root: number): { stop(): TreeMemory } {
  let peak = measureMemory(root)
  const look = () => {
    const { pss, anonymous } = measureMemory(root)
    peak = { pss: Math.max(peak.pss, pss), anonymous: Math.max(peak.anonymous, anonymous) }
  }
  const timer = setInterval(look, sampleMs)
  return {
    stop() {
      clearInterval(timer)
      look()
      return peak
    },
  }
}

function readRollup(pid: number): TreeMemory {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024
    return { pss: field('Pss'), anonymous: field('Anonymous') }
  } catch {
    return { pss: 0, anonymous: 0 } // it ended between the listing and the reading
  }
}
