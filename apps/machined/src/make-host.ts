import { Fault, type Logger } from '@slipway/base'
import { makeLinuxHost, type Host } from '@slipway/host'

/** The implementation of the machine that was asked for; throws `unsupported` where there is none. */
export function makeHost(platform: 'linux' | 'illumos', logger: Logger): Host {
  if (platform === 'linux') return makeLinuxHost({ logger })
  throw new Fault('unsupported', `--host ${platform} is not available; this machined runs on linux and simulated`)
}
