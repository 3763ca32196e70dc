import { randomInt } from 'node:crypto'

// Crockford's base 32: no I, L, O, U, so that nothing is mistaken on a blurred console.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 12 characters of 5 bits are 60 bits; security.md asks for at least 50. */
const length = 12

/** Makes a code for the console: `K7QF-2M9X-TB4R`. */
export function makeEnrolmentCode(): string {
  const characters = Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
  return characters.replace(/(.{4})(?=.)/g, '$1-')
}

/** The bytes that the proof is made with: upper case, without dashes and spaces. */
export function codeSecret(code: string): string {
  return code.toUpperCase().replaceAll(/[^0-9A-Z]/g, '')
}
