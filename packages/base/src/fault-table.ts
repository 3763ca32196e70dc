/** What one error code means at every edge: HTTP status, process exit code, and whether trying again can help. */
export interface FaultEntry {
  readonly status: number
  /** 1 failed, 2 usage, 3 invalid config, 4 refused (auth, claim), 5 unreachable. */
  readonly exit: 1 | 2 | 3 | 4 | 5
  readonly retry: boolean
  /** One sentence for docs/errors.md: when it happens. */
  readonly when: string
}

/** Every error code of the product, once. docs/errors.md is generated from it and compared in a test. */
export const faultTable = {
  // Requests
  'invalid-request': {
    status: 400,
    exit: 2,
    retry: false,
    when: 'A request, message or argument does not have the documented shape.',
  },
  'not-authenticated': { status: 401, exit: 4, retry: false, when: 'The request carries no valid token or session.' },
  'not-permitted': {
    status: 403,
    exit: 4,
    retry: false,
    when: 'The caller lacks the permission that the route names.',
  },
  'not-found': { status: 404, exit: 1, retry: false, when: 'The thing named in the request does not exist.' },
  conflict: {
    status: 409,
    exit: 1,
    retry: false,
    when: 'The request contradicts the present state of the thing it names.',
  },
  'events-expired': {
    status: 410,
    exit: 1,
    retry: false,
    when: 'The event sequence number asked for is older than what is kept.',
  },
  'too-large': {
    status: 413,
    exit: 2,
    retry: false,
    when: 'A body, line or file is larger than its documented limit.',
  },
  'too-many-requests': { status: 429, exit: 1, retry: true, when: 'A rate limit was reached.' },
  internal: {
    status: 500,
    exit: 1,
    retry: false,
    when: 'A defect in Slipway; the log has the cause under the request id.',
  },
  unavailable: {
    status: 503,
    exit: 5,
    retry: true,
    when: 'A part that is needed (database, machine) cannot be reached now.',
  },
  // Machines, claims
  'machine-claimed': {
    status: 409,
    exit: 4,
    retry: true,
    when: 'Another holder has the claim; details.holder and details.expires_at say who and until when.',
  },
  'claim-stale': {
    status: 409,
    exit: 4,
    retry: false,
    when: 'The claim_id given is not, or no longer, the active claim.',
  },
  'fence-stale': {
    status: 409,
    exit: 4,
    retry: false,
    when: 'A machine has seen a higher fence than the one it was given.',
  },
  'machine-busy': { status: 409, exit: 4, retry: true, when: 'The machine runs an installation that is not terminal.' },
  'machine-unreachable': {
    status: 503,
    exit: 5,
    retry: true,
    when: 'The machine does not answer on its control channel.',
  },
  'machine-conflict': {
    status: 409,
    exit: 1,
    retry: false,
    when: 'Two machines claim one identity, or a known machine shows another key.',
  },
  'machine-not-enrolled': {
    status: 409,
    exit: 4,
    retry: false,
    when: 'The machine holds no certificate of this server: it waits for its console code, or was booted from other media.',
  },
  // Trust
  'enrolment-refused': {
    status: 403,
    exit: 4,
    retry: false,
    when: 'The enrolment token is unknown, expired, used up, or sent from a network it does not allow.',
  },
  'certificate-refused': {
    status: 403,
    exit: 4,
    retry: false,
    when: 'A certificate does not chain to the expected CA or does not carry the expected name.',
  },
  'master-key-mismatch': { status: 500, exit: 1, retry: false, when: 'The database was made with another master key.' },
  // Configs, plans
  'config-invalid': {
    status: 422,
    exit: 3,
    retry: false,
    when: 'The machine config has errors; details.findings lists all of them.',
  },
  'plan-not-confirmed': {
    status: 422,
    exit: 4,
    retry: false,
    when: 'The plan destroys data and no plan_sha256 confirmed it; details.plan holds the plan.',
  },
  'plan-changed': {
    status: 409,
    exit: 4,
    retry: false,
    when: 'The plan_sha256 given is not the digest of the plan that would run.',
  },
  // Images, registries
  'image-reference-invalid': { status: 422, exit: 3, retry: false, when: 'An image reference is not legal.' },
  'image-not-found': {
    status: 422,
    exit: 1,
    retry: false,
    when: 'The registry has no such repository, tag or digest.',
  },
  'image-platform-missing': {
    status: 422,
    exit: 1,
    retry: false,
    when: 'The image has no variant for the machine’s operating system and architecture.',
  },
  'image-invalid': {
    status: 422,
    exit: 1,
    retry: false,
    when: 'A manifest, configuration or layer of the image is malformed or over a limit.',
  },
  'image-digest-mismatch': {
    status: 422,
    exit: 1,
    retry: true,
    when: 'Bytes received do not have the digest that names them.',
  },
  'registry-unreachable': {
    status: 503,
    exit: 5,
    retry: true,
    when: 'The registry and its mirrors do not answer; details.tried shows route, DNS, TCP, TLS and HTTP.',
  },
  'registry-refused': {
    status: 422,
    exit: 4,
    retry: false,
    when: 'The registry refused the credentials or wants some.',
  },
  'layer-unsafe': {
    status: 422,
    exit: 1,
    retry: false,
    when: 'A layer entry would leave the target root or is of a kind that is not allowed.',
  },
  // Installation on the machine
  'disk-not-found': { status: 422, exit: 1, retry: false, when: 'A disk named by the plan is not on the machine.' },
  'disk-changed': {
    status: 409,
    exit: 1,
    retry: false,
    when: 'A disk no longer is what the plan was made for (identity, size or contents).',
  },
  'disk-failed': { status: 500, exit: 1, retry: false, when: 'Reading or writing a disk failed.' },
  'command-failed': {
    status: 500,
    exit: 1,
    retry: false,
    when: 'A system command ended with an error; details has argv, exit code and its last words.',
  },
  'step-timeout': { status: 500, exit: 1, retry: true, when: 'An installation step did not end before its deadline.' },
  'confirmation-timeout': {
    status: 500,
    exit: 1,
    retry: false,
    when: 'The installed system did not report within installation.commit_timeout.',
  },
  'booted-installer-again': {
    status: 409,
    exit: 1,
    retry: false,
    when: 'After the reboot the machine came back in the live environment instead of the installed system.',
  },
  'installation-terminal': {
    status: 409,
    exit: 1,
    retry: false,
    when: 'The installation has already ended, so it cannot be changed.',
  },
  cancelled: { status: 409, exit: 1, retry: false, when: 'The operation was cancelled.' },
  // Programs
  usage: { status: 400, exit: 2, retry: false, when: 'A command line is not legal.' },
  'configuration-invalid': {
    status: 400,
    exit: 2,
    retry: false,
    when: 'The configuration file or an environment variable is not legal; every error is listed with its place.',
  },
  'port-in-use': { status: 503, exit: 1, retry: false, when: 'Another program listens on the port.' },
  'database-unavailable': { status: 503, exit: 5, retry: true, when: 'PostgreSQL cannot be reached or started.' },
  'database-version': {
    status: 500,
    exit: 1,
    retry: false,
    when: 'The data directory belongs to another PostgreSQL major version.',
  },
  'server-unreachable': { status: 503, exit: 5, retry: true, when: 'instcomd does not answer at SLIPWAY_URL.' },
  unsupported: {
    status: 422,
    exit: 1,
    retry: false,
    when: 'What was asked is not possible on this platform; the message says what is.',
  },
} as const satisfies Record<string, FaultEntry>

/** One code of the table. */
export type FaultCode = keyof typeof faultTable
