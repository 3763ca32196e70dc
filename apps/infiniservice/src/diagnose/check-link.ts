import { closeSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { toFault } from '@slipway/base'
import type { AgentConfig } from '../configuration/agent-config.ts'
import type { AgentPaths } from '../configuration/agent-paths.ts'
import { openPort } from '../link/port/open-port.ts'
import { holdersOf } from '../link/port/port-holders.ts'
import { readPort } from '../link/port/port-reader.ts'
import { dialServer } from '../link/websocket/dial-server.ts'
import { fine, problem, warning, type Check } from './check.ts'

const dialMs = 10_000
const hostCure = 'start the server (instcomd), and see that it connects to this machine’s socket'

/** Looks at the link that the configuration asks for, without disturbing an agent that uses it. */
export async function checkLink(config: AgentConfig, paths: AgentPaths): Promise<Check[]> {
  if (config.server) return [checkCertificate(config, paths), await checkServer(config)]
  if (config.device.startsWith('\\\\'))
    return [warning('device', `${config.device} has one opener and is not tried`, 'read the service’s log instead')]
  if (statSync(config.device, { throwIfNoEntry: false })?.isSocket())
    return [fine('device', `${config.device} is a unix socket`)]
  return [checkPort(config.device)]
}

function checkPort(device: string): Check {
  // Asked first: opening the port, even for a moment, could take it from an agent that is just starting.
  const holders = existsSync(device) ? holdersOf(device) : []
  if (holders.some((holder) => holder.startsWith('infiniservice ')))
    return fine('device', `${device} is open by ${holders.join(', ')}: the agent runs`)
  if (holders.length > 0)
    return problem('device', `${device} is open by ${holders.join(', ')}`, 'stop that program: a port has one opener')
  try {
    const fd = openPort(device)
    try {
      if (readPort(fd) !== 'absent') return fine('device', `${device} opens, and a host is connected`)
      return problem('device', `${device} opens, and no host is connected to its other end`, hostCure)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    const [message = '', cure = 'see the kernel’s log'] = toFault(error).message.split('; ')
    return problem('device', message, cure)
  }
}

function checkCertificate(config: AgentConfig, paths: AgentPaths): Check {
  const file = join(config.stateDir, 'identity', 'certificate.pem')
  const hasToken = existsSync(paths.enrolmentToken)
  const tokenCure = `put a new enrolment token into ${paths.enrolmentToken}`
  if (!existsSync(file))
    return hasToken
      ? warning('certificate', 'there is a token and no certificate yet', 'start the service; it enrols by itself')
      : problem('certificate', 'this machine has neither a certificate nor a token to get one', tokenCure)
  try {
    const certificate = new X509Certificate(readFileSync(file))
    const left = Date.parse(certificate.validTo) - Date.now()
    const until = `the certificate is good until ${certificate.validTo}`
    return left > 0
      ? fine('certificate', until)
      : warning('certificate', `${until}: it expired`, 'start the service; it renews for 180 days')
  } catch {
    return problem('certificate', `${file} cannot be read as a certificate`, `remove it, and ${tokenCure}`)
  }
}

async function checkServer(config: AgentConfig): Promise<Check> {
  if (!config.server) return fine('server', 'none is configured')
  const { hostname, port } = config.server
  try {
    const socket = await dialServer(config.server, null, AbortSignal.timeout(dialMs))
    socket.destroy()
    return fine('server', `${hostname}:${port} answers and is a server of the pinned CA`)
  } catch (error) {
    const [message = '', cure = 'see the server’s log'] = toFault(error).message.split('; ')
    return problem('server', message, cure)
  }
}
