import type { HistoryEvent } from '@slipway/protocol'
import type { Tone } from '../ui/tone.ts'

/** What happened, as a person would say it; the facts behind it stand in the event's data. */
export interface Described {
  readonly text: string
  readonly tone: Tone
}

const sentences: Readonly<Record<string, readonly [string, Tone]>> = {
  'machines.discovered': ['was discovered', 'good'],
  'machines.claimed': ['was claimed', 'busy'],
  'machines.released': ['was released', 'idle'],
  'machines.updated': ['changed', 'idle'],
  'machines.offline': ['went offline', 'warn'],
  'installation.started': ['began to install', 'busy'],
  'installation.step': ['went on with its installation', 'idle'],
  'installation.progress': ['installs', 'idle'],
  'installation.completed': ['was installed', 'good'],
  'installation.failed': ['was not installed', 'bad'],
  'installation.cancelled': ['had its installation cancelled', 'warn'],
  'installation.rolled-back': ['had its installation taken back', 'warn'],
  'installation.resumed': ['went on with its installation', 'busy'],
  'guests.connected': ['connected its agent', 'good'],
  'guests.disconnected': ['lost its agent', 'warn'],
  'scripts.queued': ['is to run a script', 'idle'],
  'scripts.started': ['began a script', 'busy'],
  'scripts.completed': ['ended a script', 'good'],
}

export function describeEvent({ type, data }: Pick<HistoryEvent, 'type' | 'data'>): Described {
  const [text, tone] = sentences[type] ?? [type, 'idle']
  if (type === 'scripts.completed' && data.status !== 'SUCCESS')
    return { text: `ended a script: ${word(data.status)}`, tone: 'bad' }
  if (type === 'machines.claimed' && typeof data.holder === 'string') return { text: `${text} by ${data.holder}`, tone }
  if (type === 'machines.updated' && typeof data.conflict === 'string') return { text: 'has a conflict', tone: 'warn' }
  if (type === 'machines.updated' && Array.isArray(data.system_addresses) && data.system_addresses.length > 0)
    return { text: `is at ${data.system_addresses.join(', ')}`, tone }
  if (type === 'installation.step' && typeof data.step_id === 'string')
    return { text: `${data.outcome === 'running' ? 'began' : word(data.outcome)} ${data.step_id}`, tone }
  return { text, tone }
}

function word(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : 'did not succeed'
}
