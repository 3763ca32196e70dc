import { BlockList, isIP } from 'node:net'
import { z } from 'zod'
import { duration } from './duration-schema.ts'

const second = 1000
const minute = 60 * second
const day = 24 * 60 * minute

const port = z.number().int().min(1).max(65_535)
/** 0 asks the system for a free one: for tests and for several servers on one machine. */
const listenPort = z.number().int().min(0).max(65_535)
const filePath = z.string().min(1).max(4096)
const hostName = z.string().min(1).max(255)

const network = z.string().refine(isNetwork, 'is not a network such as 192.168.10.0/24 or fd00::/8')

const multicastGroup = z
  .string()
  .refine(
    (text) => isIP(text) === 4 && Number(text.split('.')[0]) >> 4 === 14,
    'is not an IPv4 multicast address (224.0.0.0/4)',
  )

/** Host, or host:port, of a registry. */
const registryName = z
  .string()
  .regex(/^[A-Za-z0-9.[\]:-]{1,255}$/, 'is not a registry such as registry.example.com:5000')

const registry = z.strictObject({
  mirrors: z.array(registryName).max(16),
  username: z.string().min(1).max(255),
  password_file: filePath,
  insecure: z.boolean(),
})

const verifyPeer = z
  .boolean()
  .refine(Boolean, 'cannot be false: Slipway always verifies who is at the other end; remove the line')

export const tlsSchema = z.strictObject({
  cert_file: filePath,
  key_file: filePath,
  ca_file: filePath,
  verify_peer: verifyPeer,
})

/** The configuration file (api.md). Every key is optional; what is not here is unknown and refused. */
export const fileSchema = z.strictObject({
  server: z
    .strictObject({
      host: hostName,
      port: listenPort,
      machine_port: listenPort,
      public_url: z.url({ protocol: /^https?$/ }).nullable(),
      data_dir: filePath,
    })
    .partial(),
  database_url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'is not a PostgreSQL URL (postgresql://user@host/database)')
    .nullable(),
  default_oci_registry: registryName.nullable(),
  discovery: z
    .strictObject({
      multicast_group: multicastGroup,
      port,
      timeout: duration({ min: 100, max: 5 * minute }),
      interval: duration({ min: second, max: day }),
      ttl: z.number().int().min(0).max(255),
      targets: z.array(z.string().min(1).max(255)).max(4096),
      interface: z.string().min(1).max(64).nullable(),
    })
    .partial(),
  machined: z
    .strictObject({
      default_port: port,
      connection_timeout: duration({ min: second, max: 10 * minute }),
      claim_timeout: duration({ min: second, max: day }),
    })
    .partial(),
  guests: z.strictObject({ socket_dir: filePath, allow_legacy: z.boolean() }).partial(),
  distribution: z
    .strictObject({
      allowed_networks: z.array(network).max(256),
      require_token: z.boolean(),
      listen: z.array(z.string().max(255)).max(64),
    })
    .partial(),
  scripts: z
    .strictObject({
      per_machine: z.number().int().min(1).max(64),
      result_wait: duration({ min: minute, max: 365 * day }),
    })
    .partial(),
  installation: z
    .strictObject({
      max_concurrent: z.number().int().min(1).max(10_000),
      progress_interval: duration({ min: 100, max: 5 * minute }),
      commit_timeout: duration({ min: second, max: day }),
      log_level: z.enum(['debug', 'info', 'warn', 'error']),
    })
    .partial(),
  tls: tlsSchema.partial(),
  registries: z.record(registryName, registry.partial()),
})

/** What may stand in a file, in the environment or in flags, each part optional. */
export const partialSchema = fileSchema.partial()
export type PartialConfiguration = z.output<typeof partialSchema>

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits ?? '')) return false
  try {
    new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
    return true
  } catch {
    return false // prefix too long
  }
}
