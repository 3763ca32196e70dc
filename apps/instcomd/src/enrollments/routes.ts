import type { Handlers } from '../http/handler.ts'
import type { Enrollments } from './service.ts'

/** Enrolment tokens on the API, self-enrolment on the machine listener. */
export function enrollmentRoutes(enrollments: Enrollments): Handlers {
  return {
    async listEnrolmentTokens({ query }) {
      const items = await enrollments.list(query.cursor ?? null, query.limit)
      return { items, next_cursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null }
    },
    createEnrolmentToken: ({ body, principal }) => enrollments.create(body, principal.name),
    async revokeEnrolmentToken({ params }) {
      await enrollments.revoke(params.id)
      return null
    },
    enroll: ({ body, sourceAddress }) => enrollments.enroll(body, sourceAddress),
  }
}
