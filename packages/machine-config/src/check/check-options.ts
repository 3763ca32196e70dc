import { unreachable } from '@slipway/base'
import { isZpoolProperty, zpoolPropertyNames, type PoolConfig, type ZpoolPropertyName } from '@slipway/protocol'
import { pointerStep } from '../places.ts'
import { parseSize, printSize } from '../size.ts'
import { didYouMean, nearestWord } from '../suggestion.ts'
import { listWords, shown } from '../words.ts'
import { datasetProperties } from '../zfs/dataset-properties.ts'
import { poolProperties } from '../zfs/pool-properties.ts'
import type { PropertyRule, ZfsProperty } from '../zfs/property-rule.ts'
import type { ReportFinding } from './report-finding.ts'

type OptionValue = PoolConfig['options'][string]

/** Checks names and values of the ZFS properties that pools set. */
export function checkOptions(pools: readonly PoolConfig[], report: ReportFinding): void {
  for (const [index, pool] of pools.entries()) {
    for (const [name, value] of Object.entries(pool.options)) {
      checkOption({ name, value, pool, pointer: `/pools/${index}/options${pointerStep(name)}` }, report)
    }
  }
}

/** Finds a property in the table of pools or of datasets; undefined for user properties, features and unknown names. */
export function findProperty(name: string): ZfsProperty | undefined {
  // Safe: `isZpoolProperty` lets only those names and features through, and features have no entry.
  if (isZpoolProperty(name)) return poolProperties[name as ZpoolPropertyName]
  return Object.hasOwn(datasetProperties, name) ? datasetProperties[name] : undefined
}

interface Option {
  readonly name: string
  readonly value: OptionValue
  readonly pool: PoolConfig
  readonly pointer: string
}

function checkOption({ name, value, pool, pointer }: Option, report: ReportFinding): void {
  if (name.startsWith('feature@')) return checkFeature(name, value, pointer, report)
  if (isUserProperty(name)) return checkUserProperty(name, value, pointer, report)
  const property = findProperty(name)
  if (!property) {
    report({
      code: 'option-unknown',
      message: `There is no ZFS property ${shown(name)}, neither of pools nor of datasets.`,
      cure: `${didYouMean(name, settableNames())}Properties stand in zpoolprops(7) and zfsprops(7); own ones have a colon in their name.`,
      pointer,
      atName: true,
    })
    return
  }
  const why = whyNotSettable(property, pool)
  if (why !== undefined) {
    report({
      code: 'option-not-settable',
      message: `The ZFS property ${shown(name)} cannot be set here: ${why}.`,
      cure: 'Remove it.',
      pointer,
      atName: true,
    })
  } else if (!isLegal(property.rule, value)) {
    report({
      code: 'option-value-illegal',
      message: `The ZFS property ${shown(name)} does not take ${typeof value === 'string' ? shown(value) : `\`${typeof value === 'boolean' ? '#' : ''}${value}\``}.`,
      cure: valueCure(name, property.rule, value),
      pointer,
    })
  }
}

function whyNotSettable({ rule, notInRoot }: ZfsProperty, pool: PoolConfig): string | undefined {
  if (rule.type === 'not-settable') return rule.why
  return notInRoot && pool.root ? 'in the pool that holds the system the installer sets it itself' : undefined
}

function settableNames(): string[] {
  const settable = (name: string) => findProperty(name)?.rule.type !== 'not-settable'
  return [...zpoolPropertyNames, ...Object.keys(datasetProperties)].filter(settable)
}

/** User properties have a colon in their name: zfsprops(7), "User Properties". */
function isUserProperty(name: string): boolean {
  return name.includes(':') && name.length <= 255 && /^[a-z0-9_.+-]*:[a-z0-9_:.+-]*$/u.test(name)
}

function checkUserProperty(name: string, value: OptionValue, pointer: string, report: ReportFinding): void {
  if (name.startsWith('org.slipway:') || name.startsWith('org.opensolaris.libbe:')) {
    report({
      code: 'option-not-settable',
      message: `The property ${shown(name)} cannot be set here: the installer sets it itself.`,
      cure: 'Choose a name with a prefix of your own.',
      pointer,
      atName: true,
    })
  } else if (String(value).length > 8191 || /[\u0000-\u001f\u007f]/u.test(String(value))) {
    report({
      code: 'option-value-illegal',
      message: `The user property ${shown(name)} has a value that ZFS does not keep.`,
      cure: 'Write at most 8191 characters on one line.',
      pointer,
    })
  }
}

function checkFeature(name: string, value: OptionValue, pointer: string, report: ReportFinding): void {
  if (/^feature@[a-z0-9_]{1,64}$/u.test(name) && (value === 'enabled' || value === 'disabled')) return
  report({
    code: 'option-value-illegal',
    message: `The pool feature ${shown(name)} does not take ${shown(String(value))}.`,
    cure: 'Write feature@NAME "enabled" or "disabled"; names stand in zpool-features(7).',
    pointer,
  })
}

function isLegal(rule: PropertyRule, value: OptionValue): boolean {
  const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
  switch (rule.type) {
    case 'on-off':
      return text === 'on' || text === 'off'
    case 'one-of':
      return rule.values.includes(text)
    case 'integer':
      return /^\d{1,10}$/u.test(text) && Number(text) >= rule.from && Number(text) <= rule.to && legalAshift(rule, text)
    case 'block-size':
      return rule.or?.includes(text) === true || isBlockSize(parseSize(text), rule)
    case 'size':
      return text === 'none' || parseSize(text) !== undefined
    case 'text':
      return rule.pattern.test(text)
    case 'not-settable':
      return false
    default:
      return unreachable(rule)
  }
}

/** 0 lets ZFS choose; 1 to 8 are no sector sizes (zpoolprops(7), ashift, the only property from 0 to 16). */
function legalAshift(rule: { from: number; to: number }, text: string): boolean {
  const isAshift = rule.from === 0 && rule.to === 16
  return !isAshift || Number(text) === 0 || Number(text) >= 9
}

function isBlockSize(bytes: number | undefined, { from, to }: { from: number; to: number }): boolean {
  if (bytes === undefined || bytes < from || bytes > to) return false
  return Number.isInteger(Math.log2(bytes))
}

function valueCure(name: string, rule: PropertyRule, value: OptionValue): string {
  switch (rule.type) {
    case 'on-off':
      return `Write ${name} #true or ${name} #false.`
    case 'one-of':
      return oneOfCure(name, rule.values, value)
    case 'integer':
      return name === 'ashift'
        ? 'Write ashift 12 (4 KiB sectors); 9 to 16 are legal, and 0 lets ZFS choose.'
        : `Write an integer from ${rule.from} to ${rule.to}.`
    case 'block-size':
      return `Write a power of two from ${printSize(rule.from)} to ${printSize(rule.to)}, for example ${name} "128K".`
    case 'size':
      return `Write a size, for example ${name} "10G", or "none".`
    case 'text':
      return `Write it like: ${name} ${rule.example}`
    case 'not-settable':
      return 'Remove it.'
    default:
      return unreachable(rule)
  }
}

function oneOfCure(name: string, values: readonly string[], value: OptionValue): string {
  const near = nearestWord(String(value), values)
  // Compression has fifty values; the levels are a pattern, not a list to read.
  const families = values.filter((one) => !/-\d+$/u.test(one))
  const levels = families.length < values.length ? ', some with a level such as gzip-9, zstd-3 or zstd-fast-10' : ''
  const meant = near === undefined ? '' : `Did you mean "${near}"? `
  return `${meant}\`${name}\` is ${listWords(families, 'or')}${levels}.`
}
