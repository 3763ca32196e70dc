import { isZpoolProperty, type MachineConfig, type Step } from '@slipway/protocol'

type Options = MachineConfig['pools'][number]['options']
type PoolParams = Extract<Step, { kind: 'create-pool' }>['params']

/** What a pool gets where the config is silent; 4 KiB sectors fit every disk sold today and cannot be changed later. */
const poolDefaults: Options = { ashift: 12 }

/** Splits a pool's options into what `zpool create` takes with -o and with -O, over the platform's defaults. */
export function poolProperties(
  options: Options,
  role: { root: boolean; platform: 'linux' | 'illumos' },
): Pick<PoolParams, 'pool_properties' | 'dataset_properties'> {
  const isPool = ([name]: [string, unknown]) => isZpoolProperty(name)
  const given = Object.entries(options)
  return {
    pool_properties: { ...poolDefaults, ...Object.fromEntries(given.filter(isPool)) },
    dataset_properties: {
      ...datasetDefaults(role),
      ...Object.fromEntries(given.filter((entry) => !isPool(entry))),
    },
  }
}

/** A root pool's own dataset is a container only; a Linux root wants POSIX ACLs and xattrs in the inode. */
function datasetDefaults(role: { root: boolean; platform: 'linux' | 'illumos' }): Options {
  if (!role.root) return { compression: 'lz4' }
  if (role.platform === 'illumos') return { compression: 'lz4' }
  return { compression: 'lz4', acltype: 'posixacl', xattr: 'sa', relatime: 'on', canmount: 'off', mountpoint: 'none' }
}
