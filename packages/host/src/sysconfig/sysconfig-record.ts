import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { pathInRoot } from './path-in-root.ts'

const changeSchema = z.object({
  path: z.string(),
  kind: z.enum(['file', 'directory', 'link', 'absent']),
  action: z.enum(['created', 'changed', 'removed', 'unchanged']),
  /** Digest of the contents (a link's target for links); null where there was or is nothing. */
  before: z.string().nullable(),
  after: z.string().nullable(),
  mode: z.string().nullable(),
})

/** One path as a record tells it. */
export type ChangeRecord = z.infer<typeof changeSchema>

const recordSchema = z.object({
  version: z.literal(1),
  applied_at: z.string(),
  changes: z.array(changeSchema),
  commands: z.array(z.array(z.string())),
  warnings: z.array(z.string()),
})

/** Contents of /var/lib/slipway/sysconfig.json: the last time sysconfig changed something. */
export type SysconfigRecord = z.infer<typeof recordSchema>

/** Where the record lies in a system. */
export const sysconfigRecordPath = '/var/lib/slipway/sysconfig.json'

/** Writes the record; unchanged paths are left out. */
export async function writeSysconfigRecord(
  root: string,
  report: {
    changes: readonly ChangeRecord[]
    commands: readonly (readonly string[])[]
    warnings: readonly string[]
  },
): Promise<void> {
  const record: SysconfigRecord = {
    version: 1,
    applied_at: new Date().toISOString(),
    changes: report.changes.filter((change) => change.action !== 'unchanged'),
    commands: report.commands.map((argv) => [...argv]),
    warnings: [...report.warnings],
  }
  const path = await pathInRoot(root, sysconfigRecordPath)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o644 })
  await rename(`${path}.new`, path)
}

/** Reads the record; null when there is none or it cannot be read as one. */
export async function readSysconfigRecord(root: string): Promise<SysconfigRecord | null> {
  const text = await readFile(await pathInRoot(root, sysconfigRecordPath), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    const parsed = recordSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
