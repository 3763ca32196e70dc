/** A pool that `zpool import` offers. */
export interface ImportablePool {
  readonly name: string
  readonly guid: string
  readonly state: string
}

/** Reads `zpool import -d …` (OpenZFS 2.1): blocks of `   pool: NAME`, `     id: GUID`, `  state: STATE`. */
export function parseImportablePools(output: string): ImportablePool[] {
  const pools: ImportablePool[] = []
  for (const block of output.split(/^(?=\s*pool: )/m)) {
    const field = (name: string) => new RegExp(`^\\s*${name}: (.+)$`, 'm').exec(block)?.[1]?.trim()
    const name = field('pool')
    const guid = field('id')
    if (name && guid) pools.push({ name, guid, state: field('state') ?? 'UNKNOWN' })
  }
  return pools
}
