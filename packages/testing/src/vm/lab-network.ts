import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startInBackground } from './background-process.ts'

/** The address of the computer that the machines of a lab see: registry and control plane listen there. */
export const labAddress = '10.77.0.1'

/** A network of its own for virtual machines: one bridge with DHCP, in a network namespace that nothing else sees. */
export interface LabNetwork {
  readonly namespace: string
  /** Served over TFTP; DHCP tells machines that boot from the network to run its `boot.ipxe`. */
  readonly bootFolder: string
  /** Puts a command into the namespace. */
  inside(argv: readonly string[]): [string, ...string[]]
  /** A tap device on the bridge for one machine; returns its name. */
  addTap(name: string): string
  stop(): Promise<void>
}

/** Makes the namespace, the bridge and its DHCP server (addresses .50 to .99). Needs root. `folder` takes logs, leases and what is booted. */
export async function startLabNetwork(folder: string): Promise<LabNetwork> {
  const namespace = `slipway-${process.pid}-${sequence++}`
  const bootFolder = join(folder, 'live')
  mkdirSync(bootFolder)
  ip('netns', 'add', namespace)
  const inside = (argv: readonly string[]): [string, ...string[]] => ['ip', 'netns', 'exec', namespace, ...argv]
  try {
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    // No snooping: without a querier the bridge would forget group members during a long test.
    ip('-n', namespace, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0')
    ip('-n', namespace, 'address', 'add', `${labAddress}/24`, 'dev', 'br0')
    ip('-n', namespace, 'link', 'set', 'br0', 'up')
    const dhcp = await startInBackground('dnsmasq', inside(dhcpCommand(folder, bootFolder)), {
      log: join(folder, 'dnsmasq.log'),
    })
    return {
      namespace,
      bootFolder,
      inside,
      addTap: (name) => {
        ip('-n', namespace, 'tuntap', 'add', name, 'mode', 'tap')
        ip('-n', namespace, 'link', 'set', name, 'master', 'br0', 'up')
        return name
      },
      stop: async () => {
        await dhcp.stop()
        ip('netns', 'delete', namespace)
      },
    }
  } catch (error) {
    ip('netns', 'delete', namespace)
    throw error
  }
}

let sequence = 0

function dhcpCommand(folder: string, bootFolder: string): string[] {
  writeFileSync(join(folder, 'leases'), '')
  // Port 0: no name server. Lease file and pid file stay in the folder: the host may run a dnsmasq of its own.
  return [
    ['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--interface=br0', '--bind-interfaces'],
    ['--dhcp-range=10.77.0.50,10.77.0.99,1h', '--dhcp-authoritative', '--user=root', '--pid-file='],
    [`--dhcp-leasefile=${join(folder, 'leases')}`, '--dhcp-boot=boot.ipxe'],
    ['--enable-tftp', `--tftp-root=${bootFolder}`],
  ].flat()
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] })
}
