import { certificateName } from '@slipway/protocol'
import { Fault, isFault } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import { FailureLimit } from '../enrollments/failure-limit.ts'
import type { Handlers } from '../http/handler.ts'
import { agentTokens } from './agent-tokens.ts'

/** `POST /api/agent/enroll` and `/renew` on the machine listener. */
export function agentCertificateRoutes(context: AppContext): Handlers {
  const { database, pki } = context
  const limit = new FailureLimit()

  async function issue(csrPem: string, machineId: string) {
    const { certificatePem } = await pki.issue({ csrPem, uri: certificateName.agent(machineId) })
    return { certificate_pem: certificatePem, ca_pem: pki.caPem }
  }

  return {
    async enrollAgent({ body, sourceAddress }) {
      limit.check(sourceAddress)
      try {
        // What fails after it, such as a malformed request, leaves the token as it was.
        const issued = await database.transaction(async (tx) => {
          await agentTokens.spend(tx, body.token, body.machine_id)
          return issue(body.csr_pem, body.machine_id)
        })
        context.logger.info({ machine_id: body.machine_id }, 'An agent enrolled for the WebSocket link')
        return issued
      } catch (error) {
        if (isFault(error, 'enrolment-refused')) limit.failed(sourceAddress)
        throw error
      }
    },
    /** Who asks was read off the certificate by the listener; an expired one is good for this alone. */
    renewAgent: ({ body, principal }) => issue(body.csr_pem, agentOf(principal.id)),
  }
}

/** The machine id in an agent certificate's name. Throws `certificate-refused` for another name. */
export function agentOf(uri: string): string {
  const id = /^slipway:agent\/(.+)$/.exec(uri)?.[1]
  if (id !== undefined) return decodeURIComponent(id)
  throw new Fault(
    'certificate-refused',
    `the certificate names ${uri}, and this wants an agent’s; enrol the agent first`,
  )
}
