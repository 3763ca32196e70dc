import * as z from 'zod/mini'

/** A page of a list; `next_cursor` is opaque, null on the last page. */
export function listOf<T extends z.ZodMiniType>(item: T) {
  return z.object({ items: z.array(item), next_cursor: z.nullable(z.string()) })
}

/** Query of a list route: filters plus `limit` (1..500, default 100) and `cursor`. */
export function listQuery<T extends z.core.$ZodShape>(filters: T) {
  return z.strictObject({
    ...filters,
    limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(500)), 100),
    cursor: z.optional(z.string().check(z.maxLength(256))),
  })
}
