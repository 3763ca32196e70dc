import { faultMeanings, toFault } from '@slipway/base'
import type { Database } from '../database/database.ts'
import type { Handlers } from '../http/handler.ts'
import { runDoctor, type DoctorOptions } from './service.ts'

/** `GET /api/doctor`, `/health`, `/ready`. */
export function doctorRoutes(options: DoctorOptions & { readonly version: string }): Handlers {
  return {
    health: () => Promise.resolve({ status: 'ok', version: options.version }),
    async ready() {
      const check = await checkStore(options.database)
      return { status: check.ok ? 'ready' : 'not-ready', checks: [check] }
    },
    doctor: async () => ({ checks: await runDoctor(options) }),
  }
}

/** One query answers both: the database is there, and its migrations ran (else there is no such table). */
async function checkStore(database: Database): Promise<{ name: string; ok: boolean; message: string }> {
  try {
    const rows = await database.query<{ count: number }>('SELECT count(*) AS count FROM migrations')
    return { name: 'database', ok: true, message: `${rows[0]?.count ?? 0} migrations applied` }
  } catch (error) {
    const { code } = toFault(error)
    return { name: 'database', ok: false, message: faultMeanings[code] }
  }
}
