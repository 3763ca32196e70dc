import type { ScriptFinding } from '@slipway/protocol'

/** Writes findings of a script for a terminal: `file:line:column: severity code: message`, and the cure on a line below. */
export function printScriptFindings(findings: readonly ScriptFinding[], file: string): string {
  return findings
    .flatMap(({ line, column, path, severity, code, message, cure }) => {
      const place = line === null ? (path === '' ? file : `${file}: ${path}`) : `${file}:${line}:${column ?? 1}`
      return [`${place}: ${severity} ${code}: ${message}`, ...(cure === null ? [] : [`    ${cure}`])]
    })
    .join('\n')
}
