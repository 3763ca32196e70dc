import { Fault } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import { contextOf, isAllowed } from '../enrollments/service.ts'
import { countMachine, findToken } from '../enrollments/store.ts'
import type { FindTokenSecret } from './meet-machine.ts'

/** Looks up the secret of an enrolment token that a machine names, under the same rules as self-enrolment. */
export function makeFindTokenSecret(context: AppContext): FindTokenSecret {
  return async ({ tokenId, machineId, address }) => {
    const row = await findToken(context.database, tokenId)
    if (!row) return null
    if (row.expired) throw refused(`the enrolment token ${tokenId} has expired; build live media with a new one`)
    if (!isAllowed(row.allowed_networks, address))
      throw refused(
        `the enrolment token ${tokenId} is not good for ${address}; it allows ${row.allowed_networks.join(', ')}`,
      )
    if (!(await context.database.transaction((tx) => countMachine(tx, tokenId, machineId))))
      throw refused(`the enrolment token ${tokenId} is used up (${row.max_machines} machines); make a new one`)
    return context.secrets.decrypt(row.secret_sealed, contextOf(tokenId))
  }
}

function refused(message: string): Fault {
  return new Fault('enrolment-refused', message)
}
