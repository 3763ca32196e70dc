import type { Configuration } from './configuration.ts'

/** HTTP on loopback, TLS elsewhere or where the operator gave a certificate (security.md, "Listeners"). */
export function isPlain(configuration: Configuration): boolean {
  return isLoopback(configuration.server.host) && configuration.tls.cert_file === null
}

/** Tells whether an address or name stays on this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127\./.test(host)
}
