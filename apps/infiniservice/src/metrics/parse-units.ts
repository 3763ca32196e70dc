import type { AgentMetrics } from '@slipway/protocol'

export type ServiceState = NonNullable<AgentMetrics['system']['services']>[number]

/** More would say nothing to a person, and a machine with template instances can have thousands. */
const mostServices = 512

/**
 * Reads `systemctl list-units --type=service --all --plain --no-legend --full` (systemctl(1)): UNIT LOAD ACTIVE SUB DESCRIPTION.
 * The columns are as old as systemd; its JSON output came with version 246.
 */
export function parseUnits(text: string, enabled: ReadonlyMap<string, boolean>): ServiceState[] {
  return text
    .split('\n')
    .flatMap((line) => {
      const match = /^\W*(\S+)\.service\s+(\S+)\s+(\S+)\s+(\S+)\s*(.*)$/.exec(line) // a failed unit begins with a dot
      const [name, load, , state, description] = match?.slice(1) ?? []
      if (name === undefined || state === undefined || load === 'not-found') return []
      return [{ name, state, enabled: enabled.get(name), description: description?.trim().slice(0, 256) }]
    })
    .slice(0, mostServices)
}

/** Reads `systemctl list-unit-files --type=service --plain --no-legend`: UNIT STATE [PRESET]. */
export function parseUnitFiles(text: string): Map<string, boolean> {
  const pairs = [...text.matchAll(/^(\S+)\.service\s+(\S+)/gm)]
  return new Map(pairs.map(([, name = '', state = '']) => [name, state.startsWith('enabled') || state === 'static']))
}
