/** Where the session's shared secret lives; `store` is durable when it resolves. */
export interface SessionSecret {
  current(): string | null
  store(secret: string): Promise<void>
}

/** A secret in memory: simulated guests and tests. */
export function memorySecret(secret: string | null): SessionSecret {
  let value = secret
  return {
    current: () => value,
    store: (next) => {
      value = next
      return Promise.resolve()
    },
  }
}
