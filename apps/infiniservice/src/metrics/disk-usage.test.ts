import { expect, test } from 'vitest'
import { diskUsage, joinPools, type MountUsage } from './disk-usage.ts'

const mounted = (source: string, mount_point: string, used: number, available: number): MountUsage => ({
  source,
  mount_point,
  filesystem: source.startsWith('/dev/') ? 'ext4' : 'zfs',
  used,
  available,
  total: used + available,
})

test('a ZFS pool is one entry with what its datasets use together; file systems of their own stay as they are', () => {
  const boot = mounted('/dev/vda2', '/boot', 1, 9)
  const home = mounted('rpool/home', '/home', 20, 50)
  const root = mounted('rpool/ROOT/be-1', '/', 5, 70)
  const docker = mounted('rpool/docker', '/var/lib/docker', 5, 70)
  const data = mounted('tank', '/tank', 3, 7)
  expect(joinPools([boot, home, root, docker, data])).toEqual([
    boot,
    { ...root, used: 30, available: 70, total: 100 },
    data,
  ])
})

test('what is not there is left out', async () => {
  const root = { source: 'any', mount_point: '/', filesystem: 'ext4' }
  const [usage, ...others] = await diskUsage([root, { ...root, source: 'gone', mount_point: '/no/such/place' }])
  expect(others).toEqual([])
  expect(usage).toMatchObject({ mount_point: '/', filesystem: 'ext4' })
  expect(usage?.total_gb).toBeGreaterThanOrEqual(usage?.used_gb ?? NaN)
})
