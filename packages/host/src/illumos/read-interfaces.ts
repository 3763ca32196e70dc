import type { CommandRunner } from '../command/command-runner.ts'
import type { InterfaceFact } from '../sysconfig/sysconfig-plan.ts'

/** One line of `dladm show-phys -m -p -o link,address`, in which `:` inside a value is written `\:` (dladm(8), -p). */
export function parseShowPhys(output: string): { link: string; mac: string }[] {
  return output.split('\n').flatMap((line) => {
    const [link = '', address = ''] = splitParsable(line)
    const mac = normalMac(address)
    return link !== '' && mac ? [{ link, mac }] : []
  })
}

/** Splits a line of parsable dladm(8) or ipadm(8) output at colons that no backslash protects. */
export function splitParsable(line: string): string[] {
  return line.split(/(?<!\\):/).map((field) => field.replaceAll(/\\(.)/g, '$1'))
}

/** dladm prints `0:c:29:3e:4f:50`: each byte without its leading zero. */
export function normalMac(address: string): string | null {
  const bytes = address.toLowerCase().split(':')
  if (bytes.length !== 6 || !bytes.every((byte) => /^[0-9a-f]{1,2}$/.test(byte))) return null
  return bytes.map((byte) => byte.padStart(2, '0')).join(':')
}

/** Physical links in the order dladm lists them: by link id, which follows the order of attachment, which is the bus's. */
export async function readIllumosInterfaceFacts(run: CommandRunner, signal: AbortSignal): Promise<InterfaceFact[]> {
  const { stdout } = await run(['dladm', 'show-phys', '-m', '-p', '-o', 'link,address'], { signal })
  const drivers = await run(['dladm', 'show-phys', '-p', '-o', 'link,device'], { signal })
  const driverOf = new Map(
    drivers.stdout.split('\n').map((line): [string, string] => {
      const [link = '', device = ''] = splitParsable(line)
      return [link, device.replace(/\d+$/, '')] // `e1000g0` is instance 0 of driver e1000g
    }),
  )
  return parseShowPhys(stdout).map(({ link, mac }, index) => ({
    name: link,
    mac,
    driver: driverOf.get(link) ?? null,
    bus_index: index,
  }))
}
