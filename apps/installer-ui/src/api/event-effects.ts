import type { ApiRouteName, Event } from '@slipway/protocol'

/** A query that an event makes stale: by route, and where given only for one machine, installation or execution. */
export interface Effect {
  readonly route: ApiRouteName
  readonly id?: string
}

/** What an event changes on the screens. Pure, so that it can be read and tested as a table. */
export function effectsOf({ type, data }: Pick<Event, 'type' | 'data'>): Effect[] {
  const machine = textOf(data.machine_id)
  const installation = textOf(data.installation_id)
  const execution = textOf(data.execution_id)
  const history: Effect[] = [{ route: 'listEvents' }]
  if (type === 'installation.progress') return installationEffects(installation)
  if (type.startsWith('installation.'))
    return [...installationEffects(installation), ...timeline(installation), ...history]
  if (type.startsWith('machines.')) return [...machineEffects(machine), ...history]
  if (type === 'guests.metrics')
    return [
      { route: 'getGuestMetrics', id: machine },
      { route: 'getGuest', id: machine },
    ]
  if (type.startsWith('guests.')) return [...guestEffects(machine), ...machineEffects(machine), ...history]
  if (type === 'scripts.output') return []
  if (type.startsWith('scripts.')) return [...executionEffects(execution), ...history]
  return []
}

function machineEffects(id: string): Effect[] {
  return [
    { route: 'listMachines' },
    { route: 'getMachine', id },
    { route: 'getMachineStatus', id },
    { route: 'getMachineInventory', id },
  ]
}

function guestEffects(id: string): Effect[] {
  return [{ route: 'listGuests' }, { route: 'getGuest', id }]
}

/** An event does not say to which batch its installation belongs: the one on the screen is read again. */
function installationEffects(id: string): Effect[] {
  return [
    { route: 'listInstallations' },
    { route: 'getInstallation', id },
    { route: 'getProgress', id },
    { route: 'listInstallBatches' },
    { route: 'getInstallBatch' },
  ]
}

function timeline(id: string): Effect[] {
  return [{ route: 'getTimeline', id }, { route: 'listMachines' }]
}

function executionEffects(id: string): Effect[] {
  return [{ route: 'listScriptExecutions' }, { route: 'getScriptExecution', id }, { route: 'listSchedules' }]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Whether a query, by its key `[route, input]`, is one that the effect means. */
export function isAffected(key: readonly unknown[], effect: Effect): boolean {
  if (key[0] !== effect.route) return false
  if (effect.id === undefined || effect.id === '') return true
  const params = Object(Object(key[1]).params) as Record<string, unknown> // any key may come: what is no object has no values
  return Object.values(params).includes(effect.id)
}
