import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Fault } from '@slipway/base'
import { checkMinisign, minisignHash, parseMinisignSignature, type MinisignKey } from './minisign.ts'

/** What the host says of an artifact, and the key that it has to be signed with. */
export interface ArtifactClaims {
  readonly version: string
  readonly sha256: string
  /** Text of the minisign signature file. */
  readonly signature: string
  readonly key: MinisignKey
}

/**
 * Checks a downloaded file: digest, signature, and that a version named in the signed comment (`version:1.2.3`) is the one
 * that was asked for, so that an older signed release cannot be sent as a newer one. Throws `not-authenticated`.
 */
export async function checkArtifact(file: string, claims: ArtifactClaims, signal: AbortSignal): Promise<void> {
  const signature = parseMinisignSignature(claims.signature)
  const digest = createHash('sha256')
  const prehash = minisignHash()
  for await (const chunk of createReadStream(file, { signal })) {
    const bytes = chunk as Buffer // a stream without encoding gives buffers
    digest.update(bytes)
    prehash.update(bytes)
  }
  const found = digest.digest('hex')
  if (found !== claims.sha256)
    throw new Fault('not-authenticated', `the update’s SHA-256 is ${found}, not ${claims.sha256}; it was thrown away`)
  checkMinisign(claims.key, signature, signature.prehashed ? prehash.digest() : await readFile(file, { signal }))
  const named = /(?:^|\s)version:(\S+)/.exec(signature.trustedComment)?.[1]
  if (named !== undefined && named !== claims.version)
    throw new Fault('not-authenticated', `the update is signed as version ${named}, not ${claims.version}`)
}
