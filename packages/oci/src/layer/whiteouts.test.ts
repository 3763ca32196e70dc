import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LayoutEntry } from '../layout/layout-entry.ts'
import { describeTree, listTree } from '../testing/describe-tree.ts'
import { makeRoot, unpackAll } from '../testing/test-layer.ts'

let root = ''
beforeEach(async () => void (root = await makeRoot()))
afterEach(() => rm(root, { recursive: true, force: true }))

const dir = (path: string, mode = 0o755): LayoutEntry => ({ kind: 'directory', path, mode })
const file = (path: string, content = path): LayoutEntry => ({ kind: 'file', path, content })
const hide = (path: string): LayoutEntry => ({ kind: 'whiteout', path })
const opaque = (path: string): LayoutEntry => ({ kind: 'opaque', path })
const lower = [dir('a'), file('a/one'), file('a/two'), dir('a/sub'), file('a/sub/three'), file('b')]

describe('a whiteout', () => {
  it.each<[string, LayoutEntry[], string[]]>([
    ['hides a file', [hide('a/one')], ['a', 'a/sub', 'a/sub/three', 'a/two', 'b']],
    ['hides a directory with all below', [hide('a')], ['b']],
    ['of nothing is fine', [hide('nothing'), hide('no/where')], listOf(lower)],
    ['before an entry of the same name leaves the entry', [hide('b'), file('b', 'new')], listOf(lower)],
    ['after an entry of the same name leaves the entry', [file('b', 'new'), hide('b')], listOf(lower)],
    ['before entries below leaves those alone', [hide('a'), file('a/new')], ['a', 'a/new', 'b']],
    ['after entries below leaves those alone', [file('a/new'), hide('a')], ['a', 'a/new', 'b']],
    ['after entries deep below leaves those alone', [file('a/sub/new'), hide('a')], ['a', 'a/sub', 'a/sub/new', 'b']],
    ['in its own hidden directory is fine', [hide('a'), hide('a/one')], ['b']],
  ])('%s', async (_, upper, left) => {
    await unpackAll(root, [lower, upper])
    expect(listTree(root)).toEqual(left)
  })

  it('does not bring back the attributes of a directory that it hid', async () => {
    await unpackAll(root, [
      [dir('a', 0o700), file('a/old')],
      [file('a/new'), hide('a')],
    ])
    expect(describeTree(root)[0]).toMatch(/^a\tdirectory\t40755/)
  })

  it('has nothing below it; what AUFS left there is ignored', async () => {
    await expect(unpackAll(root, [[file('.wh.a/x')]])).rejects.toMatchObject({ code: 'image-invalid' })
    await unpackAll(root, [[file('.wh..wh.plnk/12.34'), file('.wh..wh.aufs'), file('x')]])
    expect(listTree(root)).toEqual(['x'])
  })

  it('takes effect before later layers', async () => {
    await unpackAll(root, [lower, [hide('a')], [file('a')]])
    expect(listTree(root)).toEqual(['a', 'b'])
  })
})

describe('an opaque directory', () => {
  it.each<[string, LayoutEntry[], string[]]>([
    ['marked first', [dir('a'), opaque('a'), file('a/new')], ['a', 'a/new', 'b']],
    ['marked last', [dir('a'), file('a/new'), opaque('a')], ['a', 'a/new', 'b']],
    ['marked without its own entry', [file('a/new'), opaque('a')], ['a', 'a/new', 'b']],
    ['marked last, with entries deeper', [file('a/sub/new'), opaque('a')], ['a', 'a/sub', 'a/sub/new', 'b']],
    ['at the root', [opaque(''), file('c')], ['c']],
    ['that is not there', [opaque('nothing')], listOf(lower)],
    ['with a file that replaces a lower one', [file('a/one', 'new'), opaque('a')], ['a', 'a/one', 'b']],
  ])('%s shows only this layer', async (_, upper, left) => {
    await unpackAll(root, [lower, upper])
    expect(listTree(root)).toEqual(left)
  })
})

describe('an entry over a lower layer', () => {
  it.each<[string, LayoutEntry[], string[]]>([
    ['turns a directory into a file', [file('a')], ['a', 'b']],
    [
      'turns a file into a directory',
      [dir('b'), file('b/x')],
      ['a', 'a/one', 'a/sub', 'a/sub/three', 'a/two', 'b', 'b/x'],
    ],
    ['turns a directory into a link', [{ kind: 'symlink', path: 'a', target: 'b' }], ['a', 'b']],
    ['merges directories', [dir('a'), file('a/new')], ['a', 'a/new', 'a/one', 'a/sub', 'a/sub/three', 'a/two', 'b']],
  ])('%s', async (_, upper, left) => {
    await unpackAll(root, [lower, upper])
    expect(listTree(root)).toEqual(left)
  })

  it('does not change other names of the file that it replaces', async () => {
    await unpackAll(root, [[file('x', 'old'), { kind: 'hardlink', path: 'y', target: 'x' }], [file('x', 'new')]])
    const [x, y] = describeTree(root)
    expect(x).not.toEqual(y?.replace('y', 'x'))
    expect(y).toMatch(/^y\tfile\t.*\t3\t/)
  })

  it('may be a hard link to a lower file that the same layer hides afterwards', async () => {
    await unpackAll(root, [[file('x', 'kept')], [{ kind: 'hardlink', path: 'y', target: 'x' }, hide('x')]])
    expect(describeTree(root)).toEqual([expect.stringMatching(/^y\tfile\t.*\t4\t/)])
  })

  it('makes parents that no layer has', async () => {
    await unpackAll(root, [[file('deep/er/file')]])
    expect(listTree(root)).toEqual(['deep', 'deep/er', 'deep/er/file'])
  })
})

function listOf(entries: readonly LayoutEntry[]): string[] {
  return entries.map((entry) => entry.path).toSorted()
}
