import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@slipway/base'
import type { Plan } from '@slipway/protocol'
import { Journal } from './journal.ts'

/** The journals of a machine, one file for each installation, named by its id. */
export class JournalFiles {
  readonly #folder: string

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'installations')
  }

  /** Takes up the installation that has not ended; null when there is none. */
  async takeUp(): Promise<Journal | null> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    let open: Journal | null = null
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name)
      const journal = await Journal.reopen(file)
      if (!journal) await rm(file) // torn in its first line: nothing had begun
      else if (journal.hasEnded || open) await journal.close()
      else open = journal
    }
    return open
  }

  /** Begins a journal; an id that was used before has ended: `installation-terminal`. */
  async create(installationId: string, planSha256: string, plan: Plan): Promise<Journal> {
    const header = { type: 'opened', installation_id: installationId, plan_sha256: planSha256, plan } as const
    try {
      return await Journal.create(join(this.#folder, `${installationId}.ndjson`), header)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw hasEnded(installationId)
      throw error
    }
  }
}

/** The fault for whatever would change an installation that has ended. */
export function hasEnded(installationId: string): Fault {
  return new Fault('installation-terminal', `installation ${installationId} has ended; start a new one`)
}
