import type { BootControl } from '../boot-control.ts'
import type { CommandRunner } from '../command/command-runner.ts'

/** One row of `beadm list -H`: name;uuid;active;mountpoint;space;policy;created (beadm(8), -H: separated by semicolons). */
export interface BeadmRow {
  readonly name: string
  /** N: active now, R: active on reboot, T: active on the next boot only. */
  readonly active: string
}

/** Reads `beadm list -H`. */
export function parseBeadmList(output: string): BeadmRow[] {
  return output.split('\n').flatMap((line) => {
    const [name = '', , active = ''] = line.split(';')
    return name === '' ? [] : [{ name, active }]
  })
}

/** beadm(8): `activate` makes permanent what `activate -t` allowed for one boot. */
export function makeIllumosBootControl(run: CommandRunner): BootControl {
  const list = async (signal: AbortSignal) => parseBeadmList((await run(['beadm', 'list', '-H'], { signal })).stdout)
  return {
    async running() {
      const rows = await list(AbortSignal.timeout(60_000))
      return rows.find((row) => row.active.includes('N'))?.name ?? null
    },
    async isOnTrial(bootEnvironment, signal) {
      const row = (await list(signal)).find((candidate) => candidate.name === bootEnvironment)
      return row !== undefined && !row.active.includes('R')
    },
    async confirm(bootEnvironment, signal) {
      await run(['beadm', 'activate', bootEnvironment], { signal })
    },
    async restart(signal) {
      await run(['init', '6'], { signal })
    },
  }
}
