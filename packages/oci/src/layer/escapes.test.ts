import { chmod, mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeTree, listTree } from '../testing/describe-tree.ts'
import { hostileTar, layerOf, unpack, withChecksum, type HostileEntry } from '../testing/test-layer.ts'

/** The target stands in a folder with a neighbour; whatever reaches the neighbour has escaped. */
let base = ''
let root = ''
let outside = ''

beforeEach(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), 'slipway-escape-'))
  root = path.join(base, 'root')
  outside = path.join(base, 'outside')
  await mkdir(root)
  await mkdir(outside)
  await writeFile(path.join(outside, 'secret'), 'untouched')
  await chmod(path.join(outside, 'secret'), 0o600)
})

afterEach(async () => {
  try {
    expect(describeTree(outside).map((line) => line.split('\t').slice(0, 4).join(' '))).toEqual([
      expect.stringMatching(/^secret file 100600 \d+:\d+ 9$/),
    ])
    expect(await readFile(path.join(outside, 'secret'), 'utf8')).toBe('untouched')
    expect(listTree(base).filter((name) => !name.includes('/'))).toEqual(['outside', 'root'])
  } finally {
    await rm(base, { recursive: true, force: true })
  }
})

const apply = (...entries: HostileEntry[]): Promise<unknown> => unpack(root, layerOf(hostileTar(entries)))

describe('an entry that tries to leave the target', () => {
  it.each(['../outside/x', 'a/../../outside/x', 'a/..', '..', './../outside/x', '/../outside/x', 'a/../b'])(
    'is refused when its name is %s',
    async (name) => {
      await expect(apply({ path: name, body: 'escaped' })).rejects.toMatchObject({ code: 'layer-unsafe' })
      expect(listTree(root)).toEqual([])
    },
  )

  it('stays inside when its name is absolute', async () => {
    await apply({ path: path.join(outside, 'x'), body: 'inside' })
    expect(await readFile(path.join(root, outside, 'x'), 'utf8')).toBe('inside')
  })

  it('stays inside when it goes through an absolute symbolic link of this layer', async () => {
    await apply({ path: 'door', type: '2', linkName: outside }, { path: 'door/x', body: 'inside' })
    expect(await readlink(path.join(root, 'door'))).toBe(outside)
    expect(await readFile(path.join(root, outside, 'x'), 'utf8')).toBe('inside')
  })

  it('stays inside when it goes through a relative symbolic link of this layer', async () => {
    await apply({ path: 'door', type: '2', linkName: '../outside' }, { path: 'door/x', body: 'inside' })
    expect(await readFile(path.join(root, 'outside', 'x'), 'utf8')).toBe('inside')
  })

  it('stays inside when it goes through a symbolic link of a lower layer', async () => {
    await apply({ path: 'a/door', type: '2', linkName: '../../outside' })
    await apply({ path: 'a/door/x', body: 'inside' })
    expect(await readFile(path.join(root, 'outside', 'x'), 'utf8')).toBe('inside')
  })

  it('stays inside when it goes through a link that was in the target before', async () => {
    await symlink(outside, path.join(root, 'door'))
    await apply({ path: 'door/secret', body: 'inside' }, { path: 'door/sub/dir/', type: '5' })
    expect(await readFile(path.join(root, outside, 'secret'), 'utf8')).toBe('inside')
  })

  it('stays inside through a chain of links, each within the next', async () => {
    await apply(
      { path: 'one', type: '2', linkName: 'two/../..' },
      { path: 'two', type: '2', linkName: '/three' },
      { path: 'three', type: '2', linkName: '../..' },
      { path: 'one/outside/x', body: 'inside' },
    )
    expect(await readFile(path.join(root, 'outside', 'x'), 'utf8')).toBe('inside')
  })

  it('stays inside through a hard link to a symbolic link', async () => {
    await apply(
      { path: 'door', type: '2', linkName: outside },
      { path: 'copy', type: '1', linkName: 'door' },
      { path: 'copy/x', body: 'inside' },
    )
    expect(await readFile(path.join(root, outside, 'x'), 'utf8')).toBe('inside')
  })

  it('replaces a symbolic link at its own place instead of writing through it', async () => {
    await symlink(path.join(outside, 'secret'), path.join(root, 'file'))
    await apply({ path: 'file', body: 'inside' })
    expect(await readFile(path.join(root, 'file'), 'utf8')).toBe('inside')
  })

  it('replaces a link with a directory instead of changing the directory behind it', async () => {
    await symlink(outside, path.join(root, 'dir'))
    await apply({ path: 'dir/', type: '5', mode: 0o777 }, { path: 'dir/x', body: 'inside' })
    expect(listTree(root)).toEqual(['dir', 'dir/x'])
  })

  it('is refused when a link of this layer stands where it wants to write', async () => {
    const write = apply(
      { path: 'file', type: '2', linkName: path.join(outside, 'secret') },
      { path: 'file', body: 'escaped' },
    )
    await expect(write).rejects.toMatchObject({ code: 'image-invalid' })
  })

  it('is refused when links run in a circle', async () => {
    const write = apply(
      { path: 'a', type: '2', linkName: 'b' },
      { path: 'b', type: '2', linkName: 'a' },
      { path: 'a/x' },
    )
    await expect(write).rejects.toMatchObject({ code: 'layer-unsafe' })
  })

  it('is refused when it would replace the root', async () => {
    await expect(apply({ path: './', type: '2', linkName: outside })).rejects.toMatchObject({ code: 'layer-unsafe' })
  })
})

describe('a hard link that tries to leave the target', () => {
  it.each(['../outside/secret', 'a/../../outside/secret'])('is refused when it points at %s', async (linkName) => {
    await expect(apply({ path: 'got', type: '1', linkName })).rejects.toMatchObject({ code: 'layer-unsafe' })
  })

  it('finds nothing when its target is absolute and outside', async () => {
    await expect(apply({ path: 'got', type: '1', linkName: path.join(outside, 'secret') })).rejects.toMatchObject({
      code: 'image-invalid',
    })
  })

  it('finds nothing through a link that leads outside', async () => {
    const link = apply(
      { path: 'door', type: '2', linkName: outside },
      { path: 'got', type: '1', linkName: 'door/secret' },
    )
    await expect(link).rejects.toMatchObject({ code: 'image-invalid' })
  })

  it('finds nothing through a link of a lower layer that leads outside', async () => {
    await symlink('../outside', path.join(root, 'door'))
    await expect(apply({ path: 'got', type: '1', linkName: 'door/secret' })).rejects.toMatchObject({
      code: 'image-invalid',
    })
  })
})

describe('a whiteout that tries to leave the target', () => {
  it.each(['.wh...', '.wh..', '.wh.', '../outside/.wh.secret'])('is refused when its name is %s', async (name) => {
    await expect(apply({ path: name })).rejects.toMatchObject({ code: 'layer-unsafe' })
  })

  it('removes nothing outside through a link', async () => {
    await symlink(outside, path.join(root, 'door'))
    await apply({ path: 'door/.wh.secret' }, { path: 'door/.wh..wh..opq' })
    expect(listTree(root)).toEqual(['door'])
  })

  it('removes a link to the outside, not what it points at', async () => {
    await symlink(outside, path.join(root, 'door'))
    await apply({ path: '.wh.door' })
    expect(listTree(root)).toEqual([])
  })
})

describe('a device', () => {
  it.each(['3', '4', '6'])('of type %s is refused unless devices are allowed', async (type) => {
    await expect(apply({ path: 'dev/x', type, devMajor: 1, devMinor: 3 })).rejects.toMatchObject({
      code: 'layer-unsafe',
    })
  })

  it.runIf(process.getuid?.() === 0)('is made where devices are allowed', async () => {
    const tar = hostileTar([{ path: 'dev/null', type: '3', devMajor: 1, devMinor: 3, mode: 0o666 }])
    await unpack(root, layerOf(tar), { allowDevices: true })
    expect(describeTree(root)[1]).toBe('dev/null\tspecial\t20666 0:0\t259')
  })
})

describe('a name that would read differently elsewhere', () => {
  it('is refused with a NUL byte in a pax path', async () => {
    await expect(apply({ path: `${'x'.repeat(120)}\0/../../outside/x` })).rejects.toMatchObject({
      code: 'layer-unsafe',
    })
  })

  it('is refused when it is not UTF-8', async () => {
    const tar = hostileTar([{ path: 'name' }])
    tar[0] = 0xff
    withChecksum(tar.subarray(0, 512))
    await expect(unpack(root, layerOf(tar))).rejects.toMatchObject({ code: 'image-invalid' })
  })

  it('is refused when it is longer than the target takes', async () => {
    await expect(apply({ path: 'x'.repeat(256) })).rejects.toMatchObject({ code: 'image-invalid' })
    await expect(apply({ path: 'abcdefg/'.repeat(600) + 'x' })).rejects.toMatchObject({ code: 'image-invalid' })
  })
})
