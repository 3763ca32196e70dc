import { createPublicKey, sign, type KeyObject } from 'node:crypto'

const oid = {
  commonName: Buffer.from([0x06, 0x03, 0x55, 0x04, 0x03]), // 2.5.4.3
  ecdsaWithSha256: Buffer.from([0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]), // 1.2.840.10045.4.3.2
}

/**
 * Makes a PKCS #10 request (RFC 2986) for a P-256 key, in PEM. Written here because it is twenty lines of DER, and a
 * certificate library would be a quarter of the agent's memory. The server writes the names; ours is a courtesy.
 */
export function makeCertificateRequest(key: KeyObject, commonName: string): string {
  const name = der(0x30, der(0x31, der(0x30, oid.commonName, der(0x0c, Buffer.from(commonName, 'utf8')))))
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const version = der(0x02, Buffer.from([0]))
  const info = der(0x30, version, name, publicKey, der(0xa0))
  const signature = der(0x03, Buffer.from([0]), sign('sha256', info, { key, dsaEncoding: 'der' }))
  const request = der(0x30, info, der(0x30, oid.ecdsaWithSha256), signature)
  const lines = request.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`
}

/** One DER element: tag, length (X.690 §8.1.3), content. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const size = content.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
