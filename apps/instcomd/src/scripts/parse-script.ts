import { scriptFileSchema, type ScriptFile, type ScriptFinding } from '@slipway/protocol'
import type { z } from 'zod'
import { checkScript } from './check-script.ts'
import { renderProgram } from './program/render-program.ts'
import { readScriptSource, type Place } from './read-script-source.ts'
import { isValid, printPath, scriptError, type RawFinding } from './script-finding.ts'

/** A script file after everything was checked; `script` is null where its shape is wrong. */
export interface ParsedScript {
  readonly valid: boolean
  readonly script: ScriptFile | null
  /** As the shell would see it; null unless valid. */
  readonly program: string | null
  readonly findings: readonly ScriptFinding[]
}

/** Reads a script file's text, or fields that were parsed already, and tells all that is wrong with it at once. */
export function parseScript(body: { readonly source: string } | ScriptFile): ParsedScript {
  if (!('source' in body)) return finish(body, () => null, [])
  const read = readScriptSource(body.source)
  if (read.findings.length > 0)
    return {
      valid: false,
      script: null,
      program: null,
      findings: read.findings.map((one) => print(one, () => one.place ?? null)),
    }
  const parsed = scriptFileSchema.safeParse(read.value)
  if (parsed.success) return finish(parsed.data, read.locate, [])
  const findings = parsed.error.issues.map((issue) => print(shapeFinding(issue), read.locate))
  return { valid: false, script: null, program: null, findings }
}

function finish(
  script: ScriptFile,
  locate: (finding: RawFinding) => Place | null,
  before: ScriptFinding[],
): ParsedScript {
  const findings = [...before, ...checkScript(script).map((finding) => print(finding, locate))]
  const valid = isValid(findings)
  return { valid, script, program: valid ? renderProgram(script).program : null, findings }
}

function print(finding: RawFinding, locate: (finding: RawFinding) => Place | null): ScriptFinding {
  const { severity, code, message, cure, path } = finding
  const place = locate(finding)
  return {
    severity,
    code,
    message,
    cure,
    path: printPath(path),
    line: place?.line ?? null,
    column: place?.column ?? null,
  }
}

function shapeFinding(issue: z.core.$ZodIssue): RawFinding {
  const path = issue.path.filter((key) => typeof key !== 'symbol')
  const name = printPath(path) || 'the file'
  switch (issue.code) {
    case 'unrecognized_keys':
      return scriptError(
        path,
        'key-unknown',
        `${name} has unknown keys: ${issue.keys.join(', ')}`,
        'correct or remove them',
      )
    case 'invalid_type':
      return scriptError(
        path,
        'type-wrong',
        `${name} is missing or not a ${issue.expected}`,
        `give a ${issue.expected}`,
      )
    case 'invalid_value':
      return scriptError(
        path,
        'value-wrong',
        `${name} is not one of the known words`,
        `write one of ${issue.values.join(', ')}`,
      )
    case 'too_small':
      return scriptError(path, 'too-small', `${name} is too short or too small`, `at least ${issue.minimum}`)
    case 'too_big':
      return scriptError(path, 'too-big', `${name} is too long or too big`, `at most ${issue.maximum}`)
    case 'invalid_format':
      return scriptError(
        path,
        'format-wrong',
        `${name} is not of its form`,
        'write a letter or _, then letters, digits and _',
      )
    default:
      return scriptError(
        path,
        'shape-wrong',
        `${name} is not of the documented shape`,
        'see the documentation of script files',
      )
  }
}
