import type { Finding } from '@slipway/protocol'

/** Writes findings for a terminal: `file:line:column: severity code: message`, and the cure on a line below; no end of line at the end. */
export function printFindings(findings: readonly Finding[], file: string): string {
  const lines = findings.flatMap((one) => [
    `${file}:${one.line}:${one.column}: ${one.severity} ${one.code}: ${one.message}`,
    ...(one.cure === '' ? [] : [`    ${one.cure}`]),
  ])
  return lines.join('\n')
}
