import { extname } from 'node:path'
import { Fault } from '@slipway/base'
import { typedValue, type ConfigValues } from '@slipway/machine-config'
import type { MachineConfig } from '@slipway/protocol'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { readTextFile } from './read-text-file.ts'

/** A machine, by id or host name, and what its config gets in the template's place. */
export interface MachineValues {
  readonly machine: string
  readonly values: ConfigValues
}

const machineColumn = 'machine'
const value = z.union([z.string(), z.number(), z.boolean()])
const jsonSchema = z.array(z.strictObject({ machine: z.string().min(1), values: z.record(z.string(), value) })).min(1)
const csvSchema = z.array(z.array(z.string()))

/**
 * Reads who gets what. CSV: the first column is `machine`, every other heading a pointer into the typed config; an empty
 * cell leaves the template's value. JSON: `[{"machine": "node-07", "values": {"/sysconfig/hostname": "web-7"}}]`.
 * Throws `usage`.
 */
export function readValuesFile(file: string, template: MachineConfig | null): MachineValues[] {
  const text = readTextFile(file)
  return extname(file).toLowerCase() === '.json' ? readJson(file, text) : readCsv(file, text, template)
}

function readJson(file: string, text: string): MachineValues[] {
  try {
    return jsonSchema.parse(JSON.parse(text))
  } catch (cause) {
    if (cause instanceof z.ZodError) throw unusable(file, new Error(z.prettifyError(cause), { cause }))
    throw unusable(file, cause)
  }
}

function readCsv(file: string, text: string, template: MachineConfig | null): MachineValues[] {
  const [headings = [], ...rows] = readRows(file, text)
  const [first, ...pointers] = headings
  if (first !== machineColumn)
    throw new Fault('usage', `${file}: the first column is "${first ?? ''}"; name it ${machineColumn}`)
  if (rows.length === 0) throw new Fault('usage', `${file} names no machine; write one line for each`)
  return rows.map(([machine = '', ...cells]) => ({
    machine,
    values: Object.fromEntries(
      pointers.flatMap((pointer, index) => {
        const cell = cells[index] ?? ''
        return cell === '' ? [] : [[pointer, template ? typedValue(template, pointer, cell) : cell]]
      }),
    ),
  }))
}

function readRows(file: string, text: string): string[][] {
  try {
    return csvSchema.parse(parse(text, { bom: true, trim: true, skip_empty_lines: true, comment: '#' }))
  } catch (cause) {
    throw unusable(file, cause)
  }
}

function unusable(file: string, cause: unknown): Fault {
  return new Fault('usage', `cannot use ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
}
