import { canonicalJson, sha256Hex } from '@slipway/base'
import type { Plan } from '@slipway/protocol'

/** Names a plan: lower-case hex SHA-256 of its canonical JSON (RFC 8785). */
export function planDigest(plan: Plan): Promise<string> {
  return sha256Hex(canonicalJson(plan))
}
