/** Put in by scripts/build-agent.sh through `bun build --define`; absent when the source runs as it is. */
declare const INFINISERVICE_VERSION: string | undefined
declare const INFINISERVICE_PUBLIC_KEY: string | undefined

/** The agent's version, as said in handshakes and by `--version`. */
export const version: string = typeof INFINISERVICE_VERSION === 'string' ? INFINISERVICE_VERSION : '0.1.0'

/** The minisign public key that updates must be signed with, as built in: the base64 line alone. Null: only a file may name one. */
export const builtInPublicKey: string | null =
  typeof INFINISERVICE_PUBLIC_KEY === 'string' ? INFINISERVICE_PUBLIC_KEY : null
