import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { writeLayout, type LayoutEntry, type WrittenImage } from '../../../packages/oci/src/index.ts'
import { debianLayers } from './debian-layers.ts'

/** The image on disk as an OCI layout, with what it holds. */
export interface DebianImage {
  readonly layout: string
  readonly written: WrittenImage
  readonly files: number
  readonly bytes: number
}

/** Version of the recipe below: part of the cache key, as the packages' names are. */
const recipe = 2
const built = 'built.json'

/** Makes the image from Debian packages (`apt-get download`, `dpkg-deb -x`), or takes it from the cache. Needs root: owners are kept. */
export async function buildDebianImage(): Promise<DebianImage> {
  const key = createHash('sha256')
    .update(JSON.stringify([recipe, debianLayers]))
    .digest('hex')
    .slice(0, 16)
  const folder = join(process.env['SLIPWAY_CACHE'] ?? join(homedir(), '.cache', 'slipway'), 'bench-oci', key)
  if (!existsSync(join(folder, built))) await build(folder)
  // Our own file, written below.
  return {
    layout: join(folder, 'layout'),
    ...(JSON.parse(readFileSync(join(folder, built), 'utf8')) as Omit<DebianImage, 'layout'>),
  }
}

async function build(folder: string): Promise<void> {
  const work = `${folder}.${process.pid}`
  mkdirSync(work, { recursive: true })
  const count = { files: 0, bytes: 0 }
  const layers = debianLayers.map((packages, index) => {
    const tree = join(work, `tree-${index}`)
    unpackPackages(packages, join(work, `debs-${index}`), tree)
    return { compression: 'gzip' as const, entries: exactEntries(tree, count) }
  })
  console.log('packing the layers')
  const platform = { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' }
  const [written] = await writeLayout({ dir: join(work, 'layout'), images: [{ name: 'bench', platform, layers }] })
  for (const name of readdirSync(work)) if (name !== 'layout') rmSync(join(work, name), { recursive: true })
  writeFileSync(join(work, built), JSON.stringify({ written, ...count }))
  rmSync(folder, { recursive: true, force: true })
  renameSync(work, folder)
}

function unpackPackages(packages: readonly string[], debs: string, tree: string): void {
  mkdirSync(debs)
  mkdirSync(tree)
  console.log(`fetching ${packages.join(' ')}`)
  // apt's own sandbox user cannot write below a root-only folder.
  execFileSync('apt-get', ['-o', 'APT::Sandbox::User=root', '-q', 'download', ...packages], {
    cwd: debs,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (const deb of readdirSync(debs).toSorted()) execFileSync('dpkg-deb', ['-x', join(debs, deb), tree])
}

/** Everything of a tree as it is: modes, owners, times, hard links; every hundredth file gets an extended attribute. */
async function* exactEntries(tree: string, count: { files: number; bytes: number }): AsyncGenerator<LayoutEntry> {
  const firstOf = new Map<string, string>()
  const open = ['']
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    for (const name of (await readdir(join(tree, here))).toSorted()) {
      const path = here === '' ? name : `${here}/${name}`
      const full = join(tree, path)
      const found = await lstat(full)
      const base = {
        path,
        mode: found.mode & 0o7777,
        uid: found.uid,
        gid: found.gid,
        mtime: Math.floor(found.mtimeMs / 1000),
      }
      const first = found.nlink > 1 && found.isFile() ? firstOf.get(`${found.ino}`) : undefined
      if (found.isDirectory()) {
        yield { ...base, kind: 'directory' }
        open.push(path)
      } else if (found.isSymbolicLink()) yield { ...base, kind: 'symlink', target: await readlink(full) }
      else if (first !== undefined) yield { ...base, kind: 'hardlink', target: first }
      else if (found.isFile()) {
        firstOf.set(`${found.ino}`, path)
        count.files += 1
        count.bytes += found.size
        const xattrs =
          count.files % 100 === 0 ? { xattrs: { 'user.slipway.bench': Buffer.from(`file ${count.files}\n`) } } : {}
        yield { ...base, ...xattrs, kind: 'file', content: { file: full } }
      }
    }
  }
}
