import { Fault } from '@slipway/base'
import type { Step } from '@slipway/protocol'
import type { LayerTree, StepContext } from '../../host.ts'
import type { SimulatedMachine } from '../simulated-machine.ts'
import { readTarget, requireAnswering, requireRoot } from '../target-access.ts'
import { entryAt, openOverlay, treeEntries } from './file-tree.ts'
import { type TarEntry, TarReader } from './tar-reader.ts'

const letters: Readonly<Record<string, string>> = { '0': 'f', '2': 'l', '3': 'c', '4': 'b', '5': 'd', '6': 'p' }
const kinds: Readonly<Record<string, 'file' | 'directory' | 'symlink'>> = { f: 'file', d: 'directory', l: 'symlink' }

/** What `begin` said is being written now; null outside a layer. */
export interface CurrentLayer {
  step: Step
  context: StepContext
}

/** The model of a target root: it reads every byte of a tar and keeps what tells two trees apart. */
export function makeLayerTree(
  machine: SimulatedMachine,
  context: StepContext,
  current: () => CurrentLayer | null,
): LayerTree {
  const live = () => machine.whenLive(context.signal)
  return {
    async lstat(path) {
      await live()
      if (path === '' || path === '.') return { kind: 'directory' }
      const entry = entryAt(readTarget(machine), path)
      return entry === null ? null : { kind: kinds[entry.charAt(0)] ?? 'other' }
    },
    async readlink(path) {
      await live()
      const entry = entryAt(readTarget(machine), path)
      if (entry?.startsWith('l ')) return entry.split(' ').slice(4).join(' ')
      throw new Fault('not-found', `${path} is not a symbolic link in the target`)
    },
    async readdir(path) {
      await live()
      return namesIn(treeEntries(readTarget(machine)).keys(), path === '.' ? '' : path)
    },
    async remove(path) {
      await live()
      removePath(machine, path)
    },
    async extract(tar, signal) {
      const reader = new TarReader((entry) => addEntry(machine, entry))
      for await (const chunk of tar) {
        signal.throwIfAborted()
        await machine.unpacked(chunk.length, current(), signal)
        requireAnswering(machine, requireRoot(machine), context)
        reader.write(chunk)
      }
      reader.end()
    },
  }
}

function namesIn(paths: Iterable<string>, directory: string): string[] {
  const prefix = directory === '' ? '' : `${directory}/`
  const names = new Set<string>()
  for (const path of paths) if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split('/')[0] ?? '')
  return [...names].sort()
}

/** Removes a path and everything below it, as `rm -r` does. */
function removePath(machine: SimulatedMachine, path: string): void {
  const tree = readTarget(machine)
  const open = openOverlay(tree)
  if (entryAt(tree, path)?.startsWith('d')) {
    for (const below of treeEntries(tree).keys()) if (below.startsWith(`${path}/`)) open.set(below, null)
  }
  open.set(path, null)
}

function addEntry(machine: SimulatedMachine, entry: TarEntry): void {
  const path = cleanPath(entry.path)
  if (path === '') return
  const tree = readTarget(machine)
  const open = openOverlay(tree)
  addParents(machine, path)
  const line = entry.type === '1' ? entryAt(tree, cleanPath(entry.link)) : entryLine(entry)
  if (line === null) {
    throw new Fault('image-invalid', `a layer links ${path} to ${entry.link}, which is not there; the image is damaged`)
  }
  if (!line.startsWith('d') && entryAt(tree, path)?.startsWith('d')) removePath(machine, path)
  open.set(path, line)
}

/** Directories that a tar leaves out are made, as tar(1) makes them. */
function addParents(machine: SimulatedMachine, path: string): void {
  const tree = readTarget(machine)
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const parent = path.slice(0, end)
    if (entryAt(tree, parent) !== null) return
    openOverlay(tree).set(parent, 'd 755 0 0')
  }
}

/** Kind, mode, owner, then what the content is told apart by: target, device, or size and CRC-32. */
function entryLine(entry: TarEntry): string {
  const letter = letters[entry.type] ?? 'f'
  const attributes = Object.entries(entry.xattrs).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  const content = { l: entry.link, c: entry.device, b: entry.device, f: `${entry.size} ${entry.crc.toString(16)}` }[
    letter
  ]
  const owner = `${letter} ${entry.mode.toString(8)} ${entry.uid} ${entry.gid}`
  return `${owner}${content === undefined ? '' : ` ${content}`}${letter === 'l' ? '' : attributes.join('')}`
}

/** Packages/oci has refused hostile paths already; this is the target's own guard. */
function cleanPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..') || path.includes('\0')) {
    throw new Fault('layer-unsafe', `a layer has the entry ${JSON.stringify(path)}, which leaves the target root`)
  }
  return parts.join('/')
}
