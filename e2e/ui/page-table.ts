import type { PagePath } from '../../apps/installer-ui/src/app/page-paths.ts'

/**
 * What a page is looked at in: rows of a small rack, one that went wrong, none, five hundred; on its way, unreachable,
 * cut off, without permission.
 */
export type PageState = 'few' | 'failed' | 'none' | 'many' | 'loading' | 'error' | 'offline' | 'forbidden'

export interface PageRow {
  /** Search of the address, without `?`. */
  readonly search?: string
  /** Text that stands on the page when it is whole. */
  readonly shows: Partial<Record<PageState, RegExp>>
}

const reading = /Reading/
const lost = /No connection to the server/
const failed = /failed/

/** A list: with rows, and with none for whoever may act and whoever may look. */
function listRow(few: RegExp, none: RegExp, many?: RegExp): PageRow {
  return {
    shows: { few, none, ...(many && { many }), loading: reading, error: failed, offline: lost, forbidden: none },
  }
}

/** One thing with a page of its own. */
function detailRow(few: RegExp): PageRow {
  return { shows: { few, loading: reading, error: failed, offline: lost } }
}

/** A step of the wizard for a machine that waits. */
function wizardRow(few: RegExp): PageRow {
  return {
    search: 'machine=sim-0002',
    shows: { few, none: /Reading the hardware failed/, loading: reading, error: failed, offline: lost },
  }
}

/** Every page with the states that it can be in. A page of the app that is missing here does not compile. */
export const pageTable: Readonly<Record<PagePath, PageRow>> = {
  '/sign-in': { shows: { few: /Sign in to Slipway/, none: /Sign in to Slipway/ } },
  '/machines': {
    shows: {
      few: /sim-0002/,
      none: /No machines found yet/,
      many: /sim-0001/,
      loading: reading,
      error: failed,
      offline: lost,
      forbidden: /No machines found yet/,
    },
  },
  '/machines/$machineId': {
    shows: { few: /Disks \(/, loading: reading, error: failed, offline: lost },
  },
  '/install/welcome': { shows: { few: /What happens/, none: /What happens/ } },
  '/install/machine': {
    shows: {
      few: /sim-0002/,
      none: /No machines found yet/,
      many: /narrow the search/,
      loading: reading,
      error: failed,
      offline: lost,
      forbidden: /No machines found yet/,
    },
  },
  '/install/storage': wizardRow(/and made for this machine/),
  '/install/network': wizardRow(/Add interface/),
  '/install/system': wizardRow(/Time zone/),
  '/install/review': wizardRow(/Plan digest/),
  '/install/install': wizardRow(/Nothing is confirmed yet/),
  '/installations': {
    shows: {
      few: /completed/,
      none: /Nothing was installed yet/,
      loading: reading,
      error: failed,
      offline: lost,
      forbidden: /Nothing was installed yet/,
    },
  },
  '/installations/$installationId': {
    shows: { few: /by the new system/, failed: /Choose other disks/, loading: reading, error: failed, offline: lost },
  },
  '/install-batches': listRow(/Rack 1/, /No batches yet/),
  '/install-batches/new': {
    search: 'machine=sim-0002',
    shows: {
      few: /What each machine gets/,
      none: /No machines found yet/,
      many: /What each machine gets/,
      loading: reading,
      error: failed,
      offline: lost,
      forbidden: /No machines found yet/,
    },
  },
  '/install-batches/$batchId': detailRow(/Config of them all/),
  '/guests': listRow(/sim-guest-0001/, /No agent has said hello yet/, /sim-guest-0001/),
  '/guests/$guestId': detailRow(/Busiest processes/),
  '/scripts': listRow(/Say hello/, /No scripts yet/, /Script 0001/),
  '/scripts/new': { shows: { few: /This file is valid/, none: /This file is valid/ } },
  '/scripts/$scriptId': detailRow(/This file is valid/),
  '/runs': listRow(/Say hello/, /Nothing has run yet/, /Script 0001/),
  '/runs/$runId': { shows: { ...detailRow(/About this run/).shows, many: /Asked for together: 500 machines/ } },
  '/schedules': listRow(/Greet hourly/, /Nothing is scheduled/, /Nightly 0001/),
  '/activity': {
    shows: {
      few: /was discovered/,
      none: /Nothing has happened yet/,
      many: /was discovered/,
      loading: reading,
      error: failed,
      offline: lost,
      forbidden: /Nothing has happened yet/,
    },
  },
  '/settings': {
    shows: {
      few: /Check again/,
      none: /Check again/,
      loading: reading,
      error: failed,
      offline: lost,
      forbidden: /Check again/,
    },
  },
}

/** The address of a page, its parameters filled with the stand's ids. */
export function addressOf(path: PagePath, row: PageRow, ids: Readonly<Record<string, string>>): string {
  const filled = path.replace(/\$(\w+)/gu, (_, name: string) => ids[name] ?? 'unknown')
  return row.search === undefined ? filled : `${filled}?${row.search}`
}
