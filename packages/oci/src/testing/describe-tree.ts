import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'

/** One line per path, sorted: kind, mode, owner, device, link target or digest of the contents, and what it is hard-linked to. */
export function describeTree(root: string): string[] {
  const firstOf = new Map<string, string>()
  const lines: string[] = []
  const visit = (relative: string): void => {
    for (const name of readdirSync(path.join(root, relative)).toSorted()) {
      const here = relative === '' ? name : `${relative}/${name}`
      lines.push(describe(root, here, firstOf))
      if (lstatSync(path.join(root, here)).isDirectory()) visit(here)
    }
  }
  visit('')
  return lines
}

/** The paths alone. */
export function listTree(root: string): string[] {
  return describeTree(root).map((line) => line.split('\t')[0] ?? '')
}

function describe(root: string, here: string, firstOf: Map<string, string>): string {
  const full = path.join(root, here)
  const found = lstatSync(full)
  const owner = `${found.mode.toString(8)} ${found.uid}:${found.gid}`
  if (found.isSymbolicLink()) return `${here}\tsymlink\t${found.uid}:${found.gid}\t${readlinkSync(full)}`
  if (found.isDirectory()) return `${here}\tdirectory\t${owner}`
  if (!found.isFile()) return `${here}\tspecial\t${owner}\t${found.rdev}`
  const linked = firstOf.get(`${found.ino}`)
  if (linked !== undefined) return `${here}\tlink\t${linked}`
  firstOf.set(`${found.ino}`, here)
  const digest = createHash('sha256').update(readFileSync(full)).digest('hex').slice(0, 12)
  return `${here}\tfile\t${owner}\t${found.size}\t${found.mtimeMs / 1000}\t${digest}`
}
