import * as z from 'zod/mini'
import { installationErrorSchema } from './installation.ts'
import { mostAddresses } from './machine-address.ts'

/** How to reach one registry; password only ever here, over mTLS, never in a plan or a log. */
export const registryAccessSchema = z.object({
  mirrors: z.array(z.string()),
  username: z.optional(z.string()),
  password: z.optional(z.string()),
  insecure: z.boolean(),
})

/** One step as instcomd's journal has it; the authoritative record for a machine that lost its own. */
export const journalEntrySchema = z.object({
  step_id: z.string(),
  outcome: z.enum(['running', 'done', 'failed', 'undone']),
  error: z._default(z.nullable(installationErrorSchema), null),
})

/** What the installed system needs to report its first boot; written to /etc/slipway/first-boot.json (0600). */
export const firstBootReportSchema = z.object({
  installation_id: z.string(),
  /** Base addresses of instcomd's machine listener, tried in order: `https://10.0.2.2:4443`. */
  urls: z.array(z.string()),
  token: z.string(),
  ca_pem: z.string(),
  boot_environment: z.string(),
})

/** Everything beside the plan that machined needs to run it (StartInstall.context_json). */
export const installContextSchema = z.object({
  /** The config as the user wrote it; written to /etc/slipway/machine.kdl (0600). */
  kdl: z.string(),
  registries: z.record(z.string(), registryAccessSchema),
  first_boot: z.nullable(firstBootReportSchema),
  /** Empty at the first start. */
  journal: z.array(journalEntrySchema),
  /** The highest event sequence number that instcomd has stored; numbering goes on from there. */
  last_seq: z.int().check(z.nonnegative()),
  /** Server time, RFC 3339: a machine without a good clock sets its own from it. */
  server_time: z.string(),
  log_level: z.enum(['debug', 'info', 'warn', 'error']),
  /** Arguments such as `console=ttyS0` that are carried to the installed system. */
  kernel_arguments: z._default(z.array(z.string()), []),
})

/** Body of `POST /api/install/{id}/booted`, the first-boot report. */
export const bootedReportSchema = z.object({
  token: z.string().check(z.maxLength(256)),
  boot_environment: z.string().check(z.maxLength(256)),
  boot_id: z.string().check(z.maxLength(128)),
  /** IP addresses of the new system that others can reach; what an older one does not say is unknown. */
  addresses: z._default(z.array(z.union([z.ipv4(), z.ipv6()])).check(z.maxLength(mostAddresses)), []),
})

export const planFindingSchema = z.object({
  severity: z.enum(['error', 'warning', 'info']),
  code: z.string(),
  message: z.string(),
  cure: z.string(),
  details: z.record(z.string(), z.unknown()),
})

/** What came of asking for one static address of a config (ProbeAddresses.probes_json). */
export const addressProbeSchema = z.object({
  /** Without its prefix length. */
  address: z.string().check(z.maxLength(64)),
  interface: z.string().check(z.maxLength(512)),
  /** Who answered; null: nobody did, or it could not be asked. */
  mac: z.nullable(z.string().check(z.maxLength(32))),
  /** The same MAC also answered for an address that nobody has. */
  proxy_arp: z.boolean(),
  /** Why it could not be asked; null when it was. */
  not_probed: z.nullable(z.string().check(z.maxLength(1024))),
})

export type AddressProbe = z.infer<typeof addressProbeSchema>
export type RegistryAccess = z.infer<typeof registryAccessSchema>
export type JournalEntry = z.infer<typeof journalEntrySchema>
export type FirstBootReport = z.infer<typeof firstBootReportSchema>
export type InstallContext = z.infer<typeof installContextSchema>
export type BootedReport = z.infer<typeof bootedReportSchema>
export type PlanFinding = z.infer<typeof planFindingSchema>
