import { parseArgs } from 'node:util'
import { parseTargets, targetNames, type TargetName } from './targets.ts'

export interface BuildOptions {
  /** Null: INFINIBAY_BASE_DIR, /opt/infinibay, or the data directory. */
  readonly base: string | undefined
  readonly targets: readonly TargetName[]
  /** DEB, RPM and MSI too. */
  readonly packages: boolean
  /** What the binaries say they are; undefined: the version of apps/infiniservice. */
  readonly version: string | undefined
}

export const usage = `usage: scripts/build-agent.sh [--base DIR] [--target NAME,…] [--no-packages] [--version VERSION]

  --base DIR         the folder that holds infiniservice/ (default: $INFINIBAY_BASE_DIR, else /opt/infinibay, else the
                     data directory's infinibay/)
  --target NAME,…    some of ${targetNames.join(', ')} (default: all)
  --no-packages      no DEB, RPM and MSI
  --version VERSION  what the binaries say they are (default: the version of apps/infiniservice)

Environment: SLIPWAY_SIGNING_KEY_FILE (default: signing.key in the folder above infiniservice/, made at the first build),
SOURCE_DATE_EPOCH (the time written into packages and metadata), SLIPWAY_CACHE.`

/** Reads the command line; null when help was asked for. Throws an Error for an unknown option or target. */
export function readOptions(argv: readonly string[]): BuildOptions | null {
  const { values } = parseArgs({
    args: [...argv],
    allowNegative: true,
    options: {
      base: { type: 'string' },
      target: { type: 'string' },
      packages: { type: 'boolean', default: true },
      version: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  if (values.version !== undefined && !/^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$/.test(values.version))
    throw new Error(`--version ${values.version} is not a version such as 1.2.3`)
  return {
    base: values.base,
    targets: values.target === undefined ? targetNames : parseTargets(values.target),
    packages: values.packages,
    version: values.version,
  }
}
