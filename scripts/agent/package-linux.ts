// DEB and RPM: the agent, its unit and its uninstaller's work as package scripts. Unsigned by themselves: minisign signatures lie
// beside them, as beside the binaries.
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { repository } from './compile-agent.ts'
import { runCommand } from './run-command.ts'

export interface LinuxPackage {
  /** The compiled agent. */
  readonly binary: string
  readonly arch: 'x64' | 'arm64'
  readonly version: string
  readonly at: Date
  /** Where the package goes. */
  readonly out: string
}

const debianArch = { x64: 'amd64', arm64: 'arm64' } as const
const rpmArch = { x64: 'x86_64', arm64: 'aarch64' } as const
const description = 'InfiniService, the Slipway agent: scripts, metrics and health of a managed machine'

/** After the files are there: on an installed system start it, in a chroot only enable it. */
const afterInstall = `mkdir -p /etc/systemd/system/multi-user.target.wants
ln -sfn /usr/lib/systemd/system/infiniservice.service /etc/systemd/system/multi-user.target.wants/infiniservice.service
if [ -d /run/systemd/system ]; then systemctl daemon-reload; systemctl restart infiniservice.service || :; fi`
/** What an unfinished update left would act on the new files at the next start. */
const beforeInstall = 'rm -f /opt/infiniservice/infiniservice.new /opt/infiniservice/infiniservice.trial'
const beforeRemove = `if [ -d /run/systemd/system ]; then systemctl stop infiniservice.service || :; fi
rm -f /etc/systemd/system/multi-user.target.wants/infiniservice.service`

/** The name that `buildDeb` gives its file. */
export function debName({ version, arch }: Pick<LinuxPackage, 'version' | 'arch'>): string {
  return `infiniservice_${version}_${debianArch[arch]}.deb`
}

/** The name that `buildRpm` gives its file. */
export function rpmName({ version, arch }: Pick<LinuxPackage, 'version' | 'arch'>): string {
  return `infiniservice-${version.replaceAll('-', '~')}-1.${rpmArch[arch]}.rpm`
}

/** Builds the Debian package; the same inputs give the same bytes. */
export async function buildDeb(wanted: LinuxPackage): Promise<void> {
  await inScratch(async (scratch) => {
    const root = join(scratch, 'root')
    await placeFiles(root, wanted)
    const control = [
      'Package: infiniservice',
      `Version: ${wanted.version.replaceAll('-', '~')}`,
      `Architecture: ${debianArch[wanted.arch]}`,
      'Maintainer: Slipway <root@localhost>',
      'Depends: libc6 (>= 2.17)',
      'Section: admin',
      'Priority: optional',
      `Description: ${description}`,
      '',
    ]
    await writeScript(join(root, 'DEBIAN/control'), control.join('\n'), 0o644)
    await writeScript(join(root, 'DEBIAN/preinst'), `#!/bin/sh\nset -e\n${beforeInstall}\n`, 0o755)
    await writeScript(join(root, 'DEBIAN/postinst'), `#!/bin/sh\nset -e\n${afterInstall}\n`, 0o755)
    await writeScript(
      join(root, 'DEBIAN/prerm'),
      `#!/bin/sh\nset -e\n[ "$1" = remove ] || exit 0\n${beforeRemove}\n`,
      0o755,
    )
    await setTimes(root, wanted.at)
    const env = { SOURCE_DATE_EPOCH: seconds(wanted.at) }
    // zstd: Debian 12 and Ubuntu 18.04 read it, and it takes a fifth of xz's time.
    const argv = ['dpkg-deb', '--root-owner-group', '-Zzstd', '-z9', '--build', root, join(wanted.out, debName(wanted))]
    await runCommand(['nice', ...argv], { env })
  })
}

/** Builds the RPM; needs Debian's package `rpm`. The same inputs give the same bytes. */
export async function buildRpm(wanted: LinuxPackage): Promise<void> {
  await inScratch(async (scratch) => {
    const root = join(scratch, 'root')
    await placeFiles(root, wanted)
    await setTimes(root, wanted.at)
    const spec = join(scratch, 'infiniservice.spec')
    await writeFile(spec, printSpec(wanted, root))
    const defines = {
      _topdir: join(scratch, 'rpm'),
      _buildhost: 'localhost',
      use_source_date_epoch_as_buildtime: 'Y',
      clamp_mtime_to_source_date_epoch: 'Y',
      // Nothing may touch the executable: its payload is an appended section. An id of the build would differ each time.
      __os_install_post: '%{nil}',
      _build_id_links: 'none',
      debug_package: '%{nil}',
      _binary_payload: 'w9.zstdio',
      _rpmdir: scratch,
      _rpmfilename: 'result.rpm',
    }
    const flags = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`])
    const argv = ['rpmbuild', '-bb', '--quiet', '--target', `${rpmArch[wanted.arch]}-linux`, ...flags, spec] as const
    await runCommand(['nice', ...argv], { env: { SOURCE_DATE_EPOCH: seconds(wanted.at) } })
    await copyFile(join(scratch, 'result.rpm'), join(wanted.out, rpmName(wanted)))
  })
}

function printSpec({ version, at }: LinuxPackage, root: string): string {
  const day = at.toUTCString().split(' ') // Sun, 22 Nov 2026 …
  return `Name: infiniservice
Version: ${version.replaceAll('-', '~')}
Release: 1
Summary: InfiniService, the Slipway agent
License: Apache-2.0
AutoReqProv: no
Requires: glibc >= 2.17
%description
${description}
%install
mkdir -p %{buildroot}
cp -a ${root}/. %{buildroot}/
%files
%attr(0755,root,root) /opt/infiniservice/infiniservice
%attr(0755,root,root) /opt/infiniservice/infiniservice-guard
%attr(0644,root,root) /usr/lib/systemd/system/infiniservice.service
%pre
${beforeInstall}
%post
${afterInstall}
%preun
if [ "$1" = 0 ]; then
${beforeRemove}
fi
%changelog
* ${(day[0] ?? '').slice(0, 3)} ${day[2]} ${day[1]} ${day[3]} Slipway <root@localhost> - ${version.replaceAll('-', '~')}-1
- Built by scripts/build-agent.sh
`
}

async function placeFiles(root: string, { binary }: LinuxPackage): Promise<void> {
  const agent = join(root, 'opt/infiniservice/infiniservice')
  await mkdir(dirname(agent), { recursive: true })
  await copyFile(binary, agent)
  await chmod(agent, 0o755)
  const read = (name: string) => readFile(join(repository, 'apps/infiniservice/packaging', name), 'utf8')
  await writeScript(join(root, 'opt/infiniservice/infiniservice-guard'), await read('infiniservice-guard'), 0o755)
  const unit = join(root, 'usr/lib/systemd/system/infiniservice.service')
  await writeScript(unit, await read('infiniservice.service'), 0o644)
}

async function writeScript(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  await chmod(path, mode)
}

async function setTimes(root: string, at: Date): Promise<void> {
  for (const name of await readdir(root, { recursive: true })) await utimes(join(root, name), at, at)
  await utimes(root, at, at)
}

async function inScratch(work: (scratch: string) => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'slipway-package-'))
  await chmod(scratch, 0o755)
  try {
    await work(scratch)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function seconds(at: Date): string {
  return String(Math.floor(at.getTime() / 1000))
}
