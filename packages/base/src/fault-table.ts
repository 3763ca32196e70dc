/** What one error code means at every edge: HTTP status, process exit code, and whether trying again can help. */
export interface FaultEntry {
  readonly status: number
  /** 1 failed, 2 usage, 3 invalid config, 4 refused (auth, claim), 5 unreachable. */
  readonly exit: 1 | 2 | 3 | 4 | 5
  readonly retry: boolean
}

/** Every error code of the product, once. docs/errors.md is generated from it and compared in a test. */
export const faultTable = {
  // Requests
  'invalid-request': {
    status: 400,
    exit: 2,
    retry: false,
  },
  'not-authenticated': { status: 401, exit: 4, retry: false },
  'not-permitted': {
    status: 403,
    exit: 4,
    retry: false,
  },
  'not-found': { status: 404, exit: 1, retry: false },
  conflict: {
    status: 409,
    exit: 1,
    retry: false,
  },
  'events-expired': {
    status: 410,
    exit: 1,
    retry: false,
  },
  'too-large': {
    status: 413,
    exit: 2,
    retry: false,
  },
  'too-many-requests': { status: 429, exit: 1, retry: true },
  internal: {
    status: 500,
    exit: 1,
    retry: false,
  },
  unavailable: {
    status: 503,
    exit: 5,
    retry: true,
  },
  // Machines, claims
  'machine-claimed': {
    status: 409,
    exit: 4,
    retry: true,
  },
  'claim-stale': {
    status: 409,
    exit: 4,
    retry: false,
  },
  'fence-stale': {
    status: 409,
    exit: 4,
    retry: false,
  },
  'machine-busy': { status: 409, exit: 4, retry: true },
  'machine-unreachable': {
    status: 503,
    exit: 5,
    retry: true,
  },
  'machine-conflict': {
    status: 409,
    exit: 1,
    retry: false,
  },
  'machine-not-enrolled': {
    status: 409,
    exit: 4,
    retry: false,
  },
  // Trust
  'enrolment-refused': {
    status: 403,
    exit: 4,
    retry: false,
  },
  'certificate-refused': {
    status: 403,
    exit: 4,
    retry: false,
  },
  'master-key-mismatch': { status: 500, exit: 1, retry: false },
  // Configs, plans
  'config-invalid': {
    status: 422,
    exit: 3,
    retry: false,
  },
  'plan-not-confirmed': {
    status: 422,
    exit: 4,
    retry: false,
  },
  'plan-changed': {
    status: 409,
    exit: 4,
    retry: false,
  },
  // Images, registries
  'image-reference-invalid': { status: 422, exit: 3, retry: false },
  'image-not-found': {
    status: 422,
    exit: 1,
    retry: false,
  },
  'image-platform-missing': {
    status: 422,
    exit: 1,
    retry: false,
  },
  'image-invalid': {
    status: 422,
    exit: 1,
    retry: false,
  },
  'image-digest-mismatch': {
    status: 422,
    exit: 1,
    retry: true,
  },
  'registry-unreachable': {
    status: 503,
    exit: 5,
    retry: true,
  },
  'registry-refused': {
    status: 422,
    exit: 4,
    retry: false,
  },
  'layer-unsafe': {
    status: 422,
    exit: 1,
    retry: false,
  },
  // Installation on the machine
  'disk-not-found': { status: 422, exit: 1, retry: false },
  'disk-changed': {
    status: 409,
    exit: 1,
    retry: false,
  },
  'disk-failed': { status: 500, exit: 1, retry: false },
  'command-failed': {
    status: 500,
    exit: 1,
    retry: false,
  },
  'step-timeout': { status: 500, exit: 1, retry: true },
  'confirmation-timeout': {
    status: 500,
    exit: 1,
    retry: false,
  },
  'booted-installer-again': {
    status: 409,
    exit: 1,
    retry: false,
  },
  'installation-terminal': {
    status: 409,
    exit: 1,
    retry: false,
  },
  cancelled: { status: 409, exit: 1, retry: false },
  // Guests, scripts
  'guest-not-connected': { status: 503, exit: 5, retry: true },
  'script-invalid': { status: 422, exit: 3, retry: false },
  'execution-terminal': { status: 409, exit: 1, retry: false },
  // Programs
  usage: { status: 400, exit: 2, retry: false },
  'configuration-invalid': {
    status: 400,
    exit: 2,
    retry: false,
  },
  'port-in-use': { status: 503, exit: 1, retry: false },
  'database-unavailable': { status: 503, exit: 5, retry: true },
  'database-version': {
    status: 500,
    exit: 1,
    retry: false,
  },
  'server-unreachable': { status: 503, exit: 5, retry: true },
  unsupported: {
    status: 422,
    exit: 1,
    retry: false,
  },
} as const satisfies Record<string, FaultEntry>

/** One code of the table. */
export type FaultCode = keyof typeof faultTable
