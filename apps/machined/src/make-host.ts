import { Fault, type Logger } from '@slipway/base'
import { makeLinuxHost, type Host } from '@slipway/host'
import type { Options } from './options.ts'

/** The implementation of the machine that was asked for; throws `unsupported` where it cannot run here. */
export async function makeHost(options: Options, logger: Logger): Promise<Host> {
  if (options.host === 'linux') return makeLinuxHost({ logger })
  throw new Fault('unsupported', `--host ${options.host} is not available in this build`)
}
