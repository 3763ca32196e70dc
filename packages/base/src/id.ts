const alphabet = '0123456789abcdefghjkmnpqrstvwxyz' // Crockford base 32 without the look-alikes i l o u

/**
 * Makes an id that sorts by time of creation: `prefix_` + 10 characters of milliseconds + 12 random ones (60 bits).
 * Ids are opaque to everybody; the prefix only helps a person reading a log.
 */
export function makeId(prefix: string, now: number = Date.now()): string {
  let time = ''
  for (let rest = now, index = 0; index < 10; index += 1, rest = Math.floor(rest / 32)) time = digit(rest % 32) + time
  const random = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => digit(byte % 32)).join('')
  return `${prefix}_${time}${random}`
}

function digit(value: number): string {
  return alphabet.charAt(value)
}
