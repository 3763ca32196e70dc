import { z } from 'zod'

/** A page of a list; `next_cursor` is opaque, null on the last page. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() })
}

/** Query of a list route: filters plus `limit` (1..500, default 100) and `cursor`. */
export function listQuery<T extends z.ZodRawShape>(filters: T) {
  return z.strictObject({
    ...filters,
    limit: z.coerce.number().int().min(1).max(500).default(100),
    cursor: z.string().max(256).optional(),
  })
}
