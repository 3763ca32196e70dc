/** machined's version, as reported in inventories and discovery answers. */
export const version = '0.1.0'

/** No clock is right that shows a time before this program was written: the floor of every validity check. */
export const releasedAt = Date.UTC(2026, 10, 1)
