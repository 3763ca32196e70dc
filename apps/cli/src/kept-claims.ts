import { Fault } from '@slipway/base'
import { z } from 'zod'
import { serverUrl } from './connect.ts'
import { readUserFile, userFile, writeUserFile } from './user-file.ts'

/** Claim id by server and machine: `http://127.0.0.1:4000 sim-0001`. */
const claimsSchema = z.record(z.string(), z.string())

const file = () => userFile('claims.json')
const keyOf = (machineId: string) => `${serverUrl()} ${machineId}`
const read = () => readUserFile(file(), claimsSchema) ?? {}

/** Keeps a claim's id, so that renewing and releasing need not be told it. */
export function keepClaim(machineId: string, claimId: string): void {
  writeUserFile(file(), { ...read(), [keyOf(machineId)]: claimId })
}

/** The kept id of this user's claim on a machine, if there is one. */
export function keptClaim(machineId: string): string | null {
  return read()[keyOf(machineId)] ?? null
}

/** The id that was given, or the kept one; throws `usage` where there is neither. */
export function requireClaim(machineId: string, given: string | undefined): string {
  const claimId = given ?? keptClaim(machineId)
  if (claimId !== null) return claimId
  throw new Fault('usage', `no claim on ${machineId} is kept in ${file()}; name it with --claim, or claim the machine`)
}

export function forgetClaim(machineId: string): void {
  const { [keyOf(machineId)]: gone, ...rest } = read()
  if (gone !== undefined) writeUserFile(file(), rest)
}
