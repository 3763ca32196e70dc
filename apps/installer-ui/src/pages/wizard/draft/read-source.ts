import { Fault } from '@slipway/base'
import { checkConfig, replaceStorage } from '@slipway/machine-config'
import type { Client } from '@slipway/client'
import { readFailure } from '../../installation/read-failure.ts'

/** What a draft begins with, as the address names it. */
export interface Source {
  /** A kept config. */
  readonly config?: string | undefined
  /** An installation, whose config is taken. */
  readonly from?: string | undefined
  /** Index of a layout that the installation's error offers. */
  readonly alternative?: string | undefined
}

/** Reads the text to begin with. Throws `not-found` where the installation's config was not kept. */
export async function readSource(client: Client, { config, from, alternative }: Source): Promise<string> {
  if (config !== undefined) return (await client.call('getKeptConfig', { params: { id: config } })).kdl
  const { machine_id, created_at, progress } = await client.call('getInstallation', { params: { id: from ?? '' } })
  const { items } = await client.call('listKeptConfigs', { query: { machine_id, limit: 500 } })
  const kept = items
    .filter((each) => each.reason === 'installed' && Date.parse(each.created_at) <= Date.parse(created_at) + 1000)
    .toSorted((a, b) => b.created_at.localeCompare(a.created_at))[0]
  if (!kept) throw new Fault('not-found', 'the config of this installation was not kept; begin with a new one')
  const { kdl } = await client.call('getKeptConfig', { params: { id: kept.id } })
  const layouts = progress.error ? readFailure(progress.error).alternatives : []
  const layout = alternative === undefined ? undefined : layouts[Number(alternative)]
  return layout ? withStorage(kdl, layout.kdl) : kdl
}

/** The text with other pools, filesystem and wipes; unchanged where either of them cannot be read. */
export function withStorage(text: string, storage: string): string {
  const { config } = checkConfig(storage)
  if (!config) return text
  const replaced = replaceStorage(text, config)
  return replaced.ok ? replaced.value : text
}
