import type { RackLine } from './rack.ts'

/** One line for people; discovery's binding comes first, because it decides who can see the machines. */
export function printRackLine(line: RackLine): string {
  switch (line.type) {
    case 'discovery': {
      const where = line.loopback ? 'loopback only; --interface ADDR to be seen from a network' : 'not loopback'
      return `discovery on ${line.group}:${line.port}, interface ${line.interface} (${where})`
    }
    case 'machine':
      return `${line.machine_id}  ${line.hostname}  ${line.address}:${line.port}  ${line.fingerprint}`
    case 'installed':
      return `${line.machine_id}  ${line.hostname}  runs its installed system`
    case 'code':
      return `${line.machine_id}  enrolment code ${line.code}`
    case 'ready':
      return `${line.machines} simulated machine${line.machines === 1 ? '' : 's'} running; stop with Ctrl-C`
  }
}
