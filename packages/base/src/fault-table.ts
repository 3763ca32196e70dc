/** What one error code means at every edge: HTTP status, process exit code, and whether trying again can help. */
export interface FaultEntry {
  readonly status: number
  /** 1 failed, 2 usage, 3 invalid config, 4 refused (auth, claim), 5 unreachable. */
  readonly exit: 1 | 2 | 3 | 4 | 5
  readonly retry: boolean
}

/** Short, because a browser loads the table. */
function entry(status: number, exit: FaultEntry['exit'], retry = false): FaultEntry {
  return { status, exit, retry }
}

/** Every error code of the product, once. docs/errors.md is generated from it and compared in a test. */
export const faultTable = {
  // Requests
  'invalid-request': entry(400, 2),
  'not-authenticated': entry(401, 4),
  'not-permitted': entry(403, 4),
  'not-found': entry(404, 1),
  conflict: entry(409, 1),
  'events-expired': entry(410, 1),
  'too-large': entry(413, 2),
  'too-many-requests': entry(429, 1, true),
  internal: entry(500, 1),
  unavailable: entry(503, 5, true),
  // Machines, claims
  'machine-claimed': entry(409, 4, true),
  'claim-stale': entry(409, 4),
  'fence-stale': entry(409, 4),
  'machine-busy': entry(409, 4, true),
  'machine-unreachable': entry(503, 5, true),
  'machine-conflict': entry(409, 1),
  'machine-not-enrolled': entry(409, 4),
  // Trust
  'enrolment-refused': entry(403, 4),
  'certificate-refused': entry(403, 4),
  'master-key-mismatch': entry(500, 1),
  // Configs, plans
  'config-invalid': entry(422, 3),
  'plan-not-confirmed': entry(422, 4),
  'plan-changed': entry(409, 4),
  'install-batch-refused': entry(422, 4),
  // Images, registries
  'image-reference-invalid': entry(422, 3),
  'image-not-found': entry(422, 1),
  'image-platform-missing': entry(422, 1),
  'image-invalid': entry(422, 1),
  'image-digest-mismatch': entry(422, 1, true),
  'registry-unreachable': entry(503, 5, true),
  'registry-refused': entry(422, 4),
  'layer-unsafe': entry(422, 1),
  // Installation on the machine
  'disk-not-found': entry(422, 1),
  'disk-changed': entry(409, 1),
  'disk-failed': entry(500, 1),
  'command-failed': entry(500, 1),
  'step-timeout': entry(500, 1, true),
  'confirmation-timeout': entry(500, 1),
  'booted-installer-again': entry(409, 1),
  'installation-terminal': entry(409, 1),
  cancelled: entry(409, 1),
  // Guests, scripts
  'guest-not-connected': entry(503, 5, true),
  'script-invalid': entry(422, 3),
  'execution-terminal': entry(409, 1),
  // Programs
  usage: entry(400, 2),
  'configuration-invalid': entry(400, 2),
  'port-in-use': entry(503, 1),
  'database-unavailable': entry(503, 5, true),
  'database-version': entry(500, 1),
  'server-unreachable': entry(503, 5, true),
  unsupported: entry(422, 1),
} as const satisfies Record<string, FaultEntry>

/** One code of the table. */
export type FaultCode = keyof typeof faultTable
