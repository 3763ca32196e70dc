import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installFile } from './install-file.ts'
import { signFile } from './minisign.ts'
import { buildDeb, buildRpm, debName, rpmName, type LinuxPackage } from './package-linux.ts'
import { buildMsi, msiName } from './package-windows.ts'
import { runCommand } from './run-command.ts'
import type { SigningKey } from './signing-key.ts'
import type { TargetName } from './targets.ts'

export interface PackagesOptions {
  /** The distribution folder; packages go to packages/ in it. */
  readonly folder: string
  readonly version: string
  readonly at: Date
  readonly key: SigningKey
  /** The compiled agent of each target. */
  readonly binaries: ReadonlyMap<TargetName, string>
  readonly serviceHost: Uint8Array | null
  say(message: string): void
}

interface Kind {
  readonly name: string
  readonly tool: string
  /** Debian's package with the tool. */
  readonly from: string
  build(out: string): Promise<void>
}

/** Builds DEB, RPM and MSI as far as their tools are here, each with a minisign signature; says loudly what is left out. */
export async function buildPackages(options: PackagesOptions): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'slipway-packages-'))
  try {
    for (const kind of [...linuxKinds(options), ...windowsKinds(options, scratch)])
      await buildOne(kind, scratch, options)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function buildOne({ name, tool, from, build }: Kind, scratch: string, options: PackagesOptions): Promise<void> {
  const { folder, version, at, key, say } = options
  if ((await runCommand([tool, '--version']).catch(() => null)) === null)
    return say(`SKIPPED: ${name}: no ${tool}; apt-get install ${from}, then build again`)
  const started = Date.now()
  await build(scratch)
  const file = join(scratch, name)
  const to = join(folder, 'packages', name)
  const comment = `file:${name}\tversion:${version}`
  await installFile(`${to}.minisig`, { text: await signFile(key, file, comment) }, 0o644, at)
  await installFile(to, { from: file }, 0o644, at)
  say(`${name} in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

function linuxKinds({ version, at, binaries }: PackagesOptions): Kind[] {
  return (['x64', 'arm64'] as const).flatMap((arch) => {
    const binary = binaries.get(`linux-${arch}`)
    if (binary === undefined) return []
    const wanted = (out: string): LinuxPackage => ({ binary, arch, version, at, out })
    return [
      {
        name: debName({ version, arch }),
        tool: 'dpkg-deb',
        from: 'dpkg',
        build: (out: string) => buildDeb(wanted(out)),
      },
      {
        name: rpmName({ version, arch }),
        tool: 'rpmbuild',
        from: 'rpm',
        build: (out: string) => buildRpm(wanted(out)),
      },
    ]
  })
}

function windowsKinds({ version, binaries, serviceHost }: PackagesOptions, scratch: string): Kind[] {
  const binary = binaries.get('windows-x64')
  if (binary === undefined || serviceHost === null) return []
  const name = msiName(version)
  const build = async (out: string) => {
    const host = join(scratch, 'host', 'infiniservice-host.exe')
    await mkdir(join(scratch, 'host'), { recursive: true })
    await writeFile(host, serviceHost)
    await buildMsi({ binary, serviceHost: host, version, out: join(out, name) })
  }
  return [{ name, tool: 'wixl', from: 'wixl', build }]
}
