import { typedValue } from '@slipway/machine-config'
import type { Machine, MachineConfig } from '@slipway/protocol'
import { z } from 'zod/mini'
import { countUp } from './count-up.ts'
import { allColumns, textAt, usualColumns, type ValueColumn } from './value-columns.ts'

/** What a person has said about a new batch, beside the config's text. */
export const batchWishSchema = z.object({
  name: z.string(),
  /** Ids, in the order of choice: the first is the one that the config is written for. */
  machines: z.array(z.string()),
  /** Pointers of columns beside the usual ones. */
  columns: z.array(z.string()),
  /** What was typed, by machine and pointer. */
  values: z.record(z.string(), z.record(z.string(), z.string())),
})
export type BatchWish = z.infer<typeof batchWishSchema>

export const noWish: BatchWish = { name: '', machines: [], columns: [], values: {} }

/** The columns of the table: the usual ones and those that were added and still exist. */
export function columnsOf({ columns }: Pick<BatchWish, 'columns'>, config: MachineConfig): ValueColumn[] {
  const added = allColumns(config).filter(({ pointer }) => columns.includes(pointer))
  const usual = usualColumns(config)
  return [...usual, ...added.filter(({ pointer }) => !usual.some((each) => each.pointer === pointer))]
}

/** One line of the table. */
export interface BatchLine {
  readonly machine: Pick<Machine, 'machine_id' | 'hostname'>
  /** From 0. */
  readonly index: number
}

/** What a machine gets at a place: what was typed, else what is likely. */
export function valueOf(
  wish: BatchWish,
  config: MachineConfig,
  { machine, index }: BatchLine,
  pointer: string,
): string {
  const typed = wish.values[machine.machine_id]?.[pointer]
  if (typed !== undefined) return typed
  const template = textAt(config, pointer)
  if (pointer === '/sysconfig/hostname') return machine.hostname?.split('.')[0] ?? countUp(template, index)
  return usualColumns(config).some((each) => each.pointer === pointer) ? countUp(template, index) : template
}

/** The wish with one cell changed. */
export function withValue(wish: BatchWish, machineId: string, pointer: string, text: string): BatchWish {
  const values = { ...wish.values, [machineId]: { ...wish.values[machineId], [pointer]: text } }
  return { ...wish, values }
}

/** The wish with a column counted up from its first line. */
export function filledDown(
  wish: BatchWish,
  config: MachineConfig,
  lines: readonly BatchLine[],
  pointer: string,
): BatchWish {
  const [first] = lines
  if (!first) return wish
  const start = valueOf(wish, config, first, pointer)
  return lines.reduce(
    (filled, { machine }, index) => withValue(filled, machine.machine_id, pointer, countUp(start, index)),
    wish,
  )
}

/** The wish with cells pasted from a spreadsheet: to the right and downwards from one cell. */
export function pasted(
  wish: BatchWish,
  text: string,
  at: { readonly lines: readonly BatchLine[]; readonly columns: readonly ValueColumn[] },
): BatchWish {
  const rows = text.replace(/\r?\n$/u, '').split(/\r?\n/u)
  let next = wish
  for (const [row, cells] of rows.entries()) {
    const line = at.lines[row]
    if (!line) break
    for (const [index, cell] of cells.split('\t').entries()) {
      const column = at.columns[index]
      if (column) next = withValue(next, line.machine.machine_id, column.pointer, cell.trim())
    }
  }
  return next
}

/** What the API is told of each machine: the values that differ from the template's, typed. */
export function machinesOf(wish: BatchWish, config: MachineConfig, lines: readonly BatchLine[]) {
  const columns = columnsOf(wish, config)
  return lines.map((line) => {
    const given = columns.flatMap(({ pointer }) => {
      const text = valueOf(wish, config, line, pointer)
      return text === '' ? [] : [[pointer, typedValue(config, pointer, text)] as const]
    })
    return { machine_id: line.machine.machine_id, values: Object.fromEntries(given) }
  })
}
