import { Fault } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import { routeNames } from '../http/combine-handlers.ts'
import type { AgentSocket } from '../guests/agent-sockets.ts'
import type { Handlers } from '../http/handler.ts'
import type { DomainPart } from '../program/domain-part.ts'
import type { EnrolledMachine } from '../enrollments/service.ts'

const platformRoutes = new Set([
  'health',
  'ready',
  'events',
  'listEvents',
  'listCertificates',
  'revokeCertificate',
  'revokeEnrolmentToken',
  'getSession',
  'openSession',
  'closeSession',
  'createSetupLink',
  'doctor',
  'settings',
  'listEnrolmentTokens',
  'createEnrolmentToken',
  'enroll',
])

/** A domain without machines, for tests of the platform alone: every route says `not-found`, unless `handlers` says more. */
export function makeEmptyDomain(
  handlers: Handlers = {},
): ((context: AppContext) => DomainPart) & { readonly enrolled: EnrolledMachine[] } {
  const enrolled: EnrolledMachine[] = []
  const nothing = () => Promise.reject(new Fault('not-found', 'this test has no machines'))
  const names = routeNames().filter((name) => !platformRoutes.has(name))
  const all: Handlers = { ...Object.fromEntries(names.map((name) => [name, nothing])), ...handlers }
  const make = () => ({
    handlers: all,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    onMachineEnrolled(machine: EnrolledMachine) {
      enrolled.push(machine)
      return Promise.resolve()
    },
    onAgentLink: (socket: AgentSocket) => socket.close(1013, 'this test has no agents'),
  })
  return Object.assign(make, { enrolled })
}
