import { Fault, isFault } from '@slipway/base'
import { inventorySchema, type DiscoveryResponse, type Inventory } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import { enrolMachine, type Challenge, type EnrolOutcome } from './enrol-machine.ts'
import { openFirstContact, type FirstContact } from './first-contact.ts'
import { factsOfAnswer, factsOfInventory, factsOfName } from './machine-facts.ts'
import type { MachineLinks } from './machine-links.ts'
import { machineStore, type MachineFacts, type MachineRow } from './store.ts'
import { verifyAnswer, type ReceivedAnswer } from './verify-answer.ts'

/** Looks up an enrolment token's secret; null when this server does not know the token. Throws `enrolment-refused`. */
export type FindTokenSecret = (input: { tokenId: string; machineId: string; address: string }) => Promise<string | null>

export interface MeetingDeps {
  readonly context: AppContext
  readonly links: MachineLinks
  readonly findTokenSecret: FindTokenSecret
  /** Told after a machine enrolled (again): an installation may wait for it. */
  readonly onEnrolled: (machine: { machine_id: string; boot_id: string | null }) => Promise<void>
}

export interface Encounter {
  readonly address: string
  readonly port: number
  /** The signed discovery answer that led here; null for a manual entry. */
  readonly answer: ReceivedAnswer | null
  /** What the console shows, typed by an operator; also an operator's word that another key is right. */
  readonly code?: string
  readonly actor: string
  readonly signal: AbortSignal
}

/**
 * Meets a machine: reads its certificate, checks who it is, enrols it where a secret is known, and writes what it learnt.
 * INVARIANTS
 * - An answer counts only with the fingerprint of the certificate that was read, and a signature by its key.
 * - A known machine's key is replaced only by an operator's act (manual entry, code) or a proven token after a reboot.
 */
export async function meetMachine(deps: MeetingDeps, encounter: Encounter): Promise<string> {
  const { address, port, answer, signal } = encounter
  const timeoutMs = deps.context.configuration.machined.connection_timeout
  const contact = await openFirstContact({ address, port, timeoutMs, signal })
  try {
    if (answer && !verifyAnswer(answer, contact.certificate)) throw wronglySigned(answer.message)
    const known = machineNamedBy(contact, answer)
    if (known !== null && (await isOurs(deps, known, encounter)))
      return await writeEnrolled(deps, encounter, { machine_id: known, contact })
    const outcome = await enrolMachine({
      address,
      port,
      expectedId: answer?.message.machine_id ?? null,
      contact,
      pki: deps.context.pki,
      findSecret: (challenge) => findSecret(deps, encounter, challenge),
    })
    return await writeOutcome(deps, encounter, { contact, outcome })
  } finally {
    contact.close()
  }
}

/** The id in the certificate's URI name, when it fits the answer. */
function machineNamedBy(contact: FirstContact, answer: ReceivedAnswer | null): string | null {
  const uri = contact.certificate.uris.find((name) => name.startsWith('slipway:machine/'))
  if (!uri) return null
  const id = decodeURIComponent(uri.slice('slipway:machine/'.length))
  return answer && answer.message.machine_id !== id ? null : id
}

/** True when the machine already holds a certificate of this CA: a verified call succeeds. */
async function isOurs(deps: MeetingDeps, machineId: string, encounter: Encounter): Promise<boolean> {
  try {
    await readInventory(
      deps,
      { machine_id: machineId, address: encounter.address, port: encounter.port },
      encounter.signal,
    )
    return true
  } catch (error) {
    if (isFault(error, 'certificate-refused')) return false
    throw error
  }
}

async function findSecret(deps: MeetingDeps, encounter: Encounter, challenge: Challenge): Promise<string | null> {
  if (challenge.mode === 'code') return typedCode(encounter.code)
  const row = await machineStore.read(deps.context.database, challenge.machineId)
  if (row && encounter.answer) ensureRebooted(row, encounter.answer.message)
  return deps.findTokenSecret({
    tokenId: challenge.tokenId,
    machineId: challenge.machineId,
    address: encounter.address,
  })
}

/** As machined reads its own code: capital letters and digits alone, however people set them apart. */
function typedCode(code: string | undefined): string | null {
  return code?.toUpperCase().replaceAll(/[^0-9A-Z]/g, '') ?? null
}

/** A token proves the medium, not the machine: another key without a reboot is another machine. */
function ensureRebooted(row: MachineRow, answer: DiscoveryResponse): void {
  const rebooted = answer.boot_id !== undefined && answer.boot_id !== row.boot_id
  if (row.public_key === null || rebooted || row.claim_is_installing) return
  throw otherKey(row, answer.address)
}

function otherKey(row: MachineRow, address: string): Fault {
  return new Fault(
    'machine-conflict',
    `a machine at ${address} calls itself ${row.machine_id} but shows another key; if it is the right one, enter it by address or claim it with its code`,
    { details: { machine_id: row.machine_id, address } },
  )
}

async function writeOutcome(
  deps: MeetingDeps,
  encounter: Encounter,
  met: { contact: FirstContact; outcome: EnrolOutcome },
): Promise<string> {
  const { outcome } = met
  if (outcome.kind === 'enrolled') {
    deps.links.drop(outcome.machine_id) // the old connection was verified for another certificate
    return writeEnrolled(deps, encounter, {
      machine_id: outcome.machine_id,
      contact: met.contact,
      issued: outcome.certificate,
    })
  }
  if (encounter.code !== undefined)
    throw new Fault(
      'enrolment-refused',
      `machine ${outcome.machine_id} does not enrol by code: its medium carries a token that this server does not know`,
    )
  const row = await machineStore.read(deps.context.database, outcome.machine_id)
  const sameKey = !row?.public_key || row.public_key === met.contact.certificate.publicKey
  if (row && !sameKey && encounter.answer) throw otherKey(row, encounter.address)
  const facts = encounter.answer ? factsOfAnswer(encounter.answer.message) : factsOfName(outcome.machine_id)
  await write(deps, encounter, {
    ...facts,
    address: encounter.address,
    port: encounter.port,
    enrolment: outcome.mode === 'code' ? 'code' : 'none',
    public_key: met.contact.certificate.publicKey,
    fingerprint: met.contact.certificate.fingerprint,
  })
  return outcome.machine_id
}

async function writeEnrolled(
  deps: MeetingDeps,
  encounter: Encounter,
  met: { machine_id: string; contact: FirstContact; issued?: FirstContact['certificate'] },
): Promise<string> {
  const { machine_id } = met
  const certificate = met.issued ?? met.contact.certificate
  const inventory = await readInventory(
    deps,
    { machine_id, address: encounter.address, port: encounter.port },
    encounter.signal,
  )
  const facts: MachineFacts = {
    ...factsOfInventory(inventory),
    status: encounter.answer?.message.status ?? 'available',
    address: encounter.address,
    port: encounter.port,
    enrolment: 'enrolled',
    public_key: certificate.publicKey,
    fingerprint: certificate.fingerprint,
  }
  await write(deps, encounter, facts, inventory)
  await deps.onEnrolled({ machine_id, boot_id: inventory.boot_id })
  return machine_id
}

async function write(
  deps: MeetingDeps,
  encounter: Encounter,
  facts: MachineFacts,
  inventory?: Inventory,
): Promise<void> {
  const { database, appendEvent, logger } = deps.context
  const fresh = await database.transaction(async (tx) => {
    const inserted = await machineStore.upsert(tx, facts)
    if (inventory) await machineStore.writeInventory(tx, inventory)
    const { machine_id, hostname, address, status, enrolment } = facts
    const data = { machine_id, hostname, address, status, enrolment }
    await appendEvent(tx, { type: inserted ? 'machines.discovered' : 'machines.updated', data, actor: encounter.actor })
    return inserted
  })
  if (fresh)
    logger.info({ machine_id: facts.machine_id }, `Machine discovered: ${facts.machine_id} at ${facts.address}`)
}

/** Reads a machine's hardware over its verified connection. */
export async function readInventory(
  deps: Pick<MeetingDeps, 'links'>,
  machine: { machine_id: string; address: string; port: number },
  signal: AbortSignal,
): Promise<Inventory> {
  const answer = await deps.links.call(machine, (client, options) => client.getSystemInfo({}, options), { signal })
  const inventory = inventorySchema.parse(JSON.parse(answer.inventoryJson))
  if (inventory.machine_id === machine.machine_id) return inventory
  throw new Fault(
    'machine-conflict',
    `machine ${machine.machine_id} reports hardware of ${inventory.machine_id}; check its identity`,
  )
}

function wronglySigned(answer: DiscoveryResponse): Fault {
  return new Fault(
    'machine-conflict',
    `an answer for machine ${answer.machine_id} from ${answer.address}:${answer.port ?? '?'} is not signed by the certificate served there`,
    { details: { machine_id: answer.machine_id } },
  )
}
