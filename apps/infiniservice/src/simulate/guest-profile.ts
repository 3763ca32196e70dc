import { safeActions } from '@slipway/protocol'
import { seededRandom, type SeededRandom } from './seeded-random.ts'

/** Ids have four digits or more; unix sockets of more guests than this are not what one process can hold. */
export const mostGuests = 30_000

/** What a guest is: the same for the same seed and number. */
export interface GuestProfile {
  readonly id: string
  readonly platform: 'linux' | 'windows'
  readonly arch: string
  readonly osVersion: string
  readonly kernelVersion: string
  readonly cores: number
  readonly memoryKb: number
  readonly diskGb: number
  readonly address: string
  readonly random: SeededRandom
}

/** By share of a usual fleet: three of four are Linux. */
const systems = [
  ['linux', 'Debian GNU/Linux 12 (bookworm)', '6.1.0-32-amd64'],
  ['linux', 'Ubuntu 24.04.2 LTS', '6.8.0-60-generic'],
  ['linux', 'Rocky Linux 9.5', '5.14.0-503.el9.x86_64'],
  ['windows', 'Windows Server 2022 Standard', '10.0.20348'],
] as const

/** The id of the guest with this number, from 1 on: sim-guest-0001. */
export function guestId(number: number): string {
  return `sim-guest-${String(number).padStart(4, '0')}`
}

/** Makes the guest that a seed and an id stand for. A guest whose scripts really run is Linux, as this computer is. */
export function guestProfile(seed: string, id: string, real: boolean): GuestProfile {
  const random = seededRandom(`${seed}/${id}`)
  const of = systems[Math.floor(random() * (real ? systems.length - 1 : systems.length))] ?? systems[0]
  const [platform, osVersion, kernelVersion] = of
  const cores = 2 ** Math.floor(1 + random() * 3)
  return {
    id,
    platform,
    arch: platform === 'linux' && random() < 0.1 ? 'arm64' : 'x64',
    osVersion,
    kernelVersion,
    cores,
    memoryKb: cores * 2 * 1024 * 1024,
    diskGb: 20 * Math.ceil(random() * 8),
    address: `10.${[0, 0, 0].map(() => 1 + Math.floor(random() * 254)).join('.')}`,
    random,
  }
}

/** What the modelled commands part can do (`command:NAME`, agent.md). */
export const modelledActions: ReadonlySet<string> = new Set(
  safeActions.filter((action) => !/Install|Remove|Kill|Control|Reboot/.test(action)),
)
