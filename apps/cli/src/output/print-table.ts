import { styleText } from 'node:util'

/** Prints rows under headings, columns aligned, two spaces apart; "-" for what is not known. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const cells = rows.map((row) => row.map((cell) => (cell === null || cell === '' ? '-' : String(cell))))
  const widths = headings.map((heading, index) =>
    Math.max(heading.length, ...cells.map((row) => row[index]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  const head = line(headings.map((heading) => heading.toUpperCase()))
  return [process.stdout.isTTY ? styleText('dim', head) : head, ...cells.map(line)].join('\n')
}
