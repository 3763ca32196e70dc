import { z } from 'zod'
import { parseToolJson } from '../parse-json.ts'

/** The columns asked for, in util-linux's spelling. FSTYPE and PARTLABEL are left out on purpose: lsblk takes them from udev's cache. */
export const lsblkColumns =
  'NAME,PATH,TYPE,SIZE,RO,ROTA,SERIAL,WWN,MODEL,TRAN,LOG-SEC,START,PKNAME,MOUNTPOINTS' as const

export interface LsblkDevice {
  readonly name: string
  readonly path: string
  readonly type: string
  readonly size: number
  readonly ro: boolean
  readonly rota: boolean
  readonly serial: string | null
  readonly wwn: string | null
  readonly model: string | null
  readonly tran: string | null
  readonly 'log-sec': number
  readonly start: number | null
  readonly mountpoints: readonly string[]
  readonly children: readonly LsblkDevice[]
}

const text = z
  .string()
  .nullish()
  .transform((value) => value?.trim() || null)

const deviceSchema: z.ZodType<LsblkDevice> = z.object({
  name: z.string(),
  path: z.string(),
  type: z.string(),
  size: z.number().int().nonnegative(),
  ro: z.boolean(),
  rota: z.boolean(),
  serial: text,
  wwn: text,
  model: text,
  tran: text,
  'log-sec': z.number().int().positive(),
  start: z
    .number()
    .int()
    .nullish()
    .transform((value) => value ?? null),
  mountpoints: z
    .array(z.string().nullable())
    .transform((points) => points.filter((point): point is string => point !== null)),
  children: z
    .array(z.lazy(() => deviceSchema))
    .optional()
    .transform((children) => children ?? []),
})

const outputSchema = z.object({ blockdevices: z.array(deviceSchema) })

/** Reads `lsblk -J -b -o …` (util-linux 2.38); sizes in bytes. */
export function parseLsblk(output: string): LsblkDevice[] {
  return parseToolJson(outputSchema, output, 'lsblk').blockdevices
}

/** Every mount point of a device and of what is built on it. */
export function mountpointsOf(device: LsblkDevice): string[] {
  return [...device.mountpoints, ...device.children.flatMap(mountpointsOf)]
}
