import { Fault } from '@slipway/base'

/** One boot entry of the Boot Loader Specification, type 1. */
export interface LoaderEntry {
  readonly bootEnvironment: string
  /** Newer entries are listed, and booted, first: UTC `yyyymmddHHMMSS`. */
  readonly version: string
  readonly options: readonly string[]
}

/** Files of one boot environment on an ESP. */
export function bootFolder(bootEnvironment: string): string {
  return `/EFI/slipway/${bootEnvironment}`
}

/** Name of the entry's file. With `tries`, systemd-boot counts boots down in the name itself (Automatic Boot Assessment). */
export function entryFileName(bootEnvironment: string, tries: number | null = null): string {
  return `slipway-${bootEnvironment}${tries === null ? '' : `+${tries}`}.conf`
}

/** Takes apart an entry's file name: `slipway-be-2+0-1.conf` is boot environment be-2 with no tries left. */
export function parseEntryFileName(name: string): { bootEnvironment: string; triesLeft: number | null } | null {
  const found = /^slipway-(.+?)(?:\+(\d+)(?:-\d+)?)?\.conf$/.exec(name)
  if (!found?.[1]) return null
  return { bootEnvironment: found[1], triesLeft: found[2] === undefined ? null : Number(found[2]) }
}

/** Prints an entry. Throws `invalid-request` when a value would end its line or split an option. */
export function entryText(entry: LoaderEntry): string {
  const folder = bootFolder(entry.bootEnvironment)
  const lines = [
    `title Slipway ${entry.bootEnvironment}`,
    'sort-key slipway',
    `version ${entry.version}`,
    `linux ${folder}/vmlinuz`,
    `initrd ${folder}/initrd.img`,
    `options ${entry.options.join(' ')}`,
  ]
  for (const option of entry.options) assertPlain(option)
  assertPlain(entry.bootEnvironment)
  return `${lines.join('\n')}\n`
}

/**
 * loader.conf(5): the pattern picks the newest entry that has tries left; entries without tries sort last. The short
 * timeout leaves a person at the console the choice of another boot environment.
 */
export const loaderConf = 'default slipway-*\ntimeout 3\nconsole-mode keep\neditor no\n'

/** Splits kernel arguments that came from outside; throws `invalid-request` for one that could not stand on the line. */
export function assertPlain(value: string): void {
  if (/^[\x21-\x7e]+$/.test(value)) return
  throw new Fault(
    'invalid-request',
    `${JSON.stringify(value)} cannot stand in a boot entry: printable ASCII without spaces only`,
  )
}
