// Packs the demo's image: a true OCI image of two layers, reproducible, from this repository's files and the pinned Node.
// Run by itself it prints `layout DIRECTORY`.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { treeEntries, writeLayout, type LayoutEntry, type LayoutLayer } from '@slipway/oci'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
/** Raised when what this file packs changes in a way that the inputs do not show. */
const recipe = '1'

export interface DemoImageOptions {
  /** Layout directory; default: in the cache, named by the inputs. */
  readonly out?: string
  /** One layer of at most 64 KiB, for benches that measure installations and not transfers. */
  readonly small?: boolean
}

/** Packs the image unless it is there already and returns its layout directory; tag `latest`. */
export async function buildDemoImage(options: DemoImageOptions = {}): Promise<string> {
  const dir =
    options.out ??
    join(process.env.SLIPWAY_CACHE || join(homedir(), '.cache', 'slipway'), `demo-image-${await inputsDigest()}`)
  if (existsSync(join(dir, 'index.json'))) return dir
  const making = `${dir}.making-${process.pid}`
  await rm(making, { recursive: true, force: true })
  await mkdir(dirname(dir), { recursive: true })
  const layers = options.small ? [smallLayer()] : [nodeLayer(), repositoryLayer()]
  const labels = { 'org.slipway.boot': 'uefi,bios', 'org.slipway.min-disk-bytes': '1000000000' }
  await writeLayout({
    dir: making,
    images: [{ name: 'latest', platform: { os: 'linux', architecture }, labels, layers }],
  })
  await rm(dir, { recursive: true, force: true })
  await rename(making, dir)
  return dir
}

/** The pinned Node, and two entries that the layer above takes away again. */
function nodeLayer(): LayoutLayer {
  return {
    compression: 'gzip',
    entries: [
      ...directories('boot', 'etc', 'opt', 'opt/node', 'usr', 'usr/share', 'usr/share/doc', 'var', 'var/cache'),
      ...bootFiles(),
      { kind: 'file', path: 'etc/os-release', content: 'ID=slipway-demo\nNAME="Slipway demo"\nVERSION_ID=1\n' },
      { kind: 'file', path: 'etc/motd', content: 'replaced by the layer above\n' },
      { kind: 'file', path: 'opt/node/node', mode: 0o755, content: { file: process.execPath } },
      { kind: 'file', path: 'usr/share/doc/removed.txt', content: 'removed by the layer above\n' },
      { kind: 'file', path: 'var/cache/hidden.txt', content: 'hidden by the layer above\n' },
    ],
  }
}

function repositoryLayer(): LayoutLayer {
  return { compression: 'zstd', entries: repositoryEntries() }
}

async function* repositoryEntries(): AsyncGenerator<LayoutEntry> {
  yield { kind: 'whiteout', path: 'usr/share/doc/removed.txt' }
  yield { kind: 'opaque', path: 'var/cache' }
  yield { kind: 'file', path: 'etc/motd', content: 'Installed by Slipway.\n' }
  yield { kind: 'directory', path: 'opt/slipway' }
  yield { kind: 'symlink', path: 'opt/slipway/node', target: '../node/node' }
  yield* repositoryFiles()
}

/** Sources and licence; nothing that differs between two checkouts of one commit. */
async function* repositoryFiles(): AsyncGenerator<LayoutEntry> {
  for (const folder of ['docs', 'packages']) {
    const accept = (path: string) => !/(^|\/)(node_modules|dist)(\/|$)/.test(path)
    yield { kind: 'directory', path: `opt/slipway/${folder}` }
    yield* treeEntries(join(root, folder), { prefix: `opt/slipway/${folder}`, accept })
  }
  yield { kind: 'file', path: 'opt/slipway/LICENSE', content: { file: join(root, 'LICENSE') } }
}

function smallLayer(): LayoutLayer {
  const files = Array.from({ length: 24 }, (_, index): LayoutEntry => ({
    kind: 'file',
    path: `etc/part-${index}`,
    content: `part ${index}\n`.repeat(64),
  }))
  return { compression: 'gzip', entries: [...directories('boot', 'etc'), ...bootFiles(), ...files] }
}

/** What a boot looks for. Simulated machines model the boot: these files only say so. */
function bootFiles(): LayoutEntry[] {
  return ['boot/vmlinuz', 'boot/initrd.img'].map((path) => ({
    kind: 'file',
    path,
    content: 'a simulated machine boots this\n',
  }))
}

function directories(...paths: string[]): LayoutEntry[] {
  return paths.map((path) => ({ kind: 'directory', path, mode: 0o755 }))
}

async function inputsDigest(): Promise<string> {
  const hash = createHash('sha256').update(`${recipe} ${process.version} ${architecture}\n`)
  for await (const entry of repositoryFiles()) {
    hash.update(`${entry.kind} ${entry.path}\0`)
    if (entry.kind === 'file' && typeof entry.content === 'object' && 'file' in entry.content)
      hash.update(await readFile(entry.content.file))
  }
  return hash.digest('hex').slice(0, 16)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(`layout ${await buildDemoImage()}`)
}
