import type { KdlVersion } from '../kdl-text.ts'

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

/** Writes a quoted string with the escapes that both KDL versions have. */
export function writeString(text: string): string {
  const inner = text
    .replaceAll(/["\\\n\r\t\b\f]/gu, (letter) => escapes[letter] ?? letter)
    // Control and direction characters that KDL v2 forbids in text, and line ends of both versions.
    .replaceAll(
      /[\u0000-\u001f\u007f\u0085\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
      (letter) => `\\u{${letter.charCodeAt(0).toString(16)}}`,
    )
  return `"${inner}"`
}

/** Writes a value; booleans and null are keywords, with # in version 2. */
export function writeValue(value: string | number | boolean | null, version: KdlVersion): string {
  if (typeof value === 'string') return writeString(value)
  if (typeof value === 'number') return String(value)
  return version === 1 ? String(value) : `#${value}`
}

/** Writes the name of a node or property, bare where both versions allow it. */
export function writeName(name: string): string {
  const bare = /^[A-Za-z][A-Za-z0-9_.:@-]*$/u.test(name) && !/^(?:true|false|null|inf|nan)$/u.test(name)
  return bare ? name : writeString(name)
}
