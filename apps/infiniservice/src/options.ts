import { parseArgs } from 'node:util'
import { Fault } from '@slipway/base'

export type Options =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'run'; readonly config: string | undefined }
  | { readonly kind: 'diagnose'; readonly config: string | undefined; readonly json: boolean }

export const usage = `infiniservice: the agent of an installed machine or guest

  infiniservice [--config FILE]              run (the service does this)
  infiniservice --diagnose [--json]          say what is wrong, and what to do; exit 0 when nothing is
  infiniservice --version

  FILE is /etc/infiniservice/config.json; agent.env and minisign.pub are looked for beside it.`

/** Parses the command line; throws `usage` with what to write instead. */
export function parseOptions(argv: readonly string[]): Options {
  const values = readValues(argv)
  if (values.help) return { kind: 'help' }
  if (values.version) return { kind: 'version' }
  if (values.diagnose) return { kind: 'diagnose', config: values.config, json: values.json ?? false }
  if (values.json) throw new Fault('usage', '--json goes with --diagnose')
  return { kind: 'run', config: values.config }
}

function readValues(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string' },
        diagnose: { type: 'boolean' },
        json: { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (cause) {
    throw new Fault('usage', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
