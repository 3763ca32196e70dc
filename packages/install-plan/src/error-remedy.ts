import { diskIdentity, type DiskRef, type InstallationError } from '@slipway/protocol'
import { alternativeLayouts, type FailedMachine, remainingDisks } from './alternative-layouts.ts'
import { describeContents } from './describe-contents.ts'
import { diskTitle } from './disk-ref.ts'
import { planDisks, stepDisks } from './plan-disks.ts'
import { registryWords } from './registry-words.ts'

/** What is known of the machine of a failed installation. `isCurrent`: the inventory was read after the failure. */
export interface RemedyFacts extends FailedMachine {
  readonly isCurrent: boolean
}

/**
 * Adds the way out to an installation's error (machines.md, "Errors come with the remedy"); its own cure and details stay.
 * - `disk`: `details.alternatives`, layouts from the disks that remain, those of the plan first, then blank ones; and
 *   `details.required` against `details.found`.
 * - everything on the way to a registry or machine: `details.stopped_at` and `details.sources`, with their own words.
 * Pure; the same error given twice gains nothing.
 */
export function errorRemedy(error: InstallationError, facts: RemedyFacts | null): InstallationError {
  if (error.kind === 'disk') return facts ? diskRemedy(error, facts) : error
  const { words, details } = registryWords(error.details)
  return { ...error, cure: withWords(error.cure, words), details: { ...error.details, ...details } }
}

function diskRemedy(error: InstallationError, facts: RemedyFacts): InstallationError {
  const failed = failedDisks(error, facts)
  const usable = remainingDisks(facts, new Set(failed.map((disk) => disk.identity)))
  const alternatives = alternativeLayouts(usable, facts)
  const [best] = alternatives
  const words = best
    ? `These disks remain: ${usable.map(diskTitle).join(', ')}; the nearest layout is ${best.title}.`
    : 'No other disk of this machine can take the system.'
  const details = { ...error.details, ...requirement(failed, facts), alternatives }
  return { ...error, cure: withWords(error.cure, [words]), details }
}

function withWords(cure: string, words: readonly string[]): string {
  return [cure, ...words.filter((word) => !cure.includes(word))].join(' ')
}

/**
 * The disks that the error is about: named in its details, else in its words, else every disk of its step, because one of
 * them is broken and nobody knows which.
 */
function failedDisks({ details, message }: InstallationError, { plan }: RemedyFacts): DiskRef[] {
  const step = plan.steps.find(({ id }) => id === details['step'])
  const candidates = step && stepDisks(step).length > 0 ? stepDisks(step) : planDisks(plan)
  const named = new Set([details['identity'], details['serial'], details['disk'], details['device']])
  const isNamed = ({ identity, serial, device }: DiskRef) =>
    [identity, serial, device].some((name) => name !== null && named.has(name))
  const direct = planDisks(plan).filter(isNamed)
  if (direct.length > 0) return direct
  const words = `${message} ${JSON.stringify(details)}`
  const told = candidates.filter(
    (disk) => mentions(words, disk.device) || (disk.serial && mentions(words, disk.serial)),
  )
  if (told.length > 0) return told
  return step ? stepDisks(step) : []
}

/** `vda` is meant by `/dev/vda2` too, and not by `vdab`. */
function mentions(words: string, name: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<![\\w-])${escaped}(?:p?\\d+)?(?![\\w-])`).test(words)
}

/** Hardware errors say what was required and what was found; an inventory from before the failure proves nothing. */
function requirement(failed: readonly DiskRef[], { inventory, isCurrent }: RemedyFacts): Record<string, unknown> {
  const [required] = failed
  if (failed.length !== 1 || !required) return {}
  if (!isCurrent) return { required }
  const isSame = (disk: { serial: string | null }) => required.serial !== null && disk.serial === required.serial
  const found =
    inventory.disks.find((disk) => diskIdentity(disk).id === required.identity) ??
    inventory.disks.find(isSame) ??
    inventory.disks.find((disk) => disk.name === required.device)
  if (!found) return { required, found: null }
  const { name: device, serial, bytes } = found
  return {
    required,
    found: { identity: diskIdentity(found).id, device, serial, bytes, contents: describeContents(found) },
  }
}
