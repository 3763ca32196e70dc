import type { Finding } from '@slipway/protocol'
import type { FindingCode } from '../finding-codes.ts'

/** One mistake in one text: « and » stand around what the finding has to underline. */
export interface FindingRow {
  readonly code: FindingCode
  readonly pointer: string
  readonly marked: string
  readonly severity?: Finding['severity']
}

/** Takes the marks out and says where they stood; without marks, the beginning of the text. */
export function readMarked(marked: string): {
  text: string
  place: Pick<Finding, 'line' | 'column' | 'end_line' | 'end_column'>
} {
  const start = placeOf(marked.split('«')[0] ?? '')
  const end = placeOf((marked.split('»')[0] ?? '').replace('«', ''))
  const text = marked.replaceAll(/[«»]/gu, '')
  if (!marked.includes('«')) return { text, place: { line: 1, column: 1, end_line: 1, end_column: 1 } }
  return { text, place: { line: start.line, column: start.column, end_line: end.line, end_column: end.column } }
}

function placeOf(before: string): { line: number; column: number } {
  const lines = before.split('\n')
  return { line: lines.length, column: Array.from((lines.at(-1) ?? '').replace('\uFEFF', '')).length + 1 }
}

const pool = 'pool "rpool" { vdev "mirror" { disks "c5t0d0" "c6t0d0" }; }\n'
const image = 'image "oci://registry.example.com/base:1"\n'
const sysconfig = 'sysconfig { hostname "m1"; }\n'

/** A legal config with one part replaced: what the row is about. */
export const around = {
  pools: (text: string) => `${text}\n${image}${sysconfig}`,
  top: (text: string) => `${pool}${image}${text}\n${sysconfig}`,
  vdev: (text: string) => `pool "rpool" {\n    ${text}\n}\n${image}${sysconfig}`,
  options: (text: string) =>
    `pool "rpool" { vdev "stripe" { disks "a"; }; options {\n    ${text}\n} }\n${image}${sysconfig}`,
  image: (text: string) => `${pool}image ${text}\n${sysconfig}`,
  sysconfig: (text: string) => `${pool}${image}sysconfig {\n    ${text}\n}\n`,
  inSysconfig: (text: string) => `${pool}${image}sysconfig {\n    hostname "m1"\n    ${text}\n}\n`,
  inInterface: (text: string) =>
    `${pool}${image}sysconfig {\n    hostname "m1"\n    interface "net0" {\n        ${text}\n    }\n}\n`,
}
