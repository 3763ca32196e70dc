import type { Logger } from '@slipway/base'
import { makeIllumosHost, makeLinuxHost, type Host } from '@slipway/host'

/** The implementation of the machine that was asked for. */
export function makeHost(platform: 'linux' | 'illumos', logger: Logger): Host {
  return platform === 'linux' ? makeLinuxHost({ logger }) : makeIllumosHost({ logger })
}
