import type { Document } from '@bgotink/kdl'
import { err, ok, type Result } from '@slipway/base'
import type { ConfigCheck, Finding, MachineConfig } from '@slipway/protocol'
import { checkMeaning } from './check/check-meaning.ts'
import { makeFindingList, type FindingList } from './finding-list.ts'
import { checkAgainstMachine } from './inventory/check-against-machine.ts'
import { parseKdl, type KdlVersion } from './kdl-text.ts'
import type { CheckOptions } from './options.ts'
import { makePlaces, type Places } from './places.ts'
import { readConfig } from './read/read-config.ts'

/** A text that parsed: its config, where everything stands, and what was found so far. */
export interface ReadText {
  readonly config: MachineConfig
  readonly version: KdlVersion
  readonly document: Document
  readonly places: Places
  readonly findings: FindingList
}

/**
 * Checks a machine config, against a machine where `inventory` is given, and returns every finding at once.
 * Never throws: text of any kind gives findings. `config` is null after syntax errors, else what could be read.
 * Source: machine-config.md.
 */
export function checkConfig(text: string, options: CheckOptions = {}): ConfigCheck {
  const read = readText(text, options)
  if (!read.ok) return { valid: false, config: null, findings: read.error }
  const { config, findings } = read.value
  checkMeaning(config, findings.report)
  if (options.inventory) checkAgainstMachine(config, { ...options, inventory: options.inventory }, findings.report)
  const found = findings.findings()
  return { valid: found.every((finding) => finding.severity !== 'error'), config, findings: found }
}

/** Parses a machine config; fails with its errors, and keeps silent about warnings. */
export function parseConfig(text: string, options: CheckOptions = {}): Result<MachineConfig, Finding[]> {
  const { config, findings } = checkConfig(text, options)
  const errors = findings.filter((finding) => finding.severity === 'error')
  return config && errors.length === 0 ? ok(config) : err(errors)
}

/** Reads text into a typed config with its places; grammar findings are in `findings`, syntax findings are the error. */
export function readText(text: string, options: Pick<CheckOptions, 'defaultRegistry'>): Result<ReadText, Finding[]> {
  const places = makePlaces()
  const findings = makeFindingList(places)
  const parsed = parseKdl(text)
  if (!parsed.ok) {
    for (const report of parsed.error) findings.report(report)
    return err(findings.findings())
  }
  const { document, version } = parsed.value
  const config = readConfig({ text, findings, places, defaultRegistry: options.defaultRegistry }, document)
  return ok({ config, version, document, places, findings })
}
