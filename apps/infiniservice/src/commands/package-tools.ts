import { powershellArguments } from '../metrics/powershell-arguments.ts'

export interface PackageFacts {
  readonly name: string
  readonly version: string
  readonly architecture?: string | undefined
}

/** How one family of systems manages its packages: argv tables, no shell. */
export interface PackageTool {
  /** The program whose presence says that this is the one. */
  readonly program: string
  readonly env?: Readonly<Record<string, string>>
  readonly list: readonly string[]
  readonly parseList: (text: string) => PackageFacts[]
  readonly install: (name: string, version: string | undefined) => readonly string[]
  readonly remove: (name: string) => readonly string[]
}

/** `name TAB version TAB architecture` a line. */
export function parseTabbed(text: string): PackageFacts[] {
  return text.split('\n').flatMap((line) => {
    const [name, version, architecture] = line.split('\t')
    return name && version ? [{ name, version, architecture }] : []
  })
}

/** pacman -Q: `name version` a line. */
function parseSpaced(text: string): PackageFacts[] {
  return text.split('\n').flatMap((line) => {
    const [name, version] = line.split(' ')
    return name && version ? [{ name, version }] : []
  })
}

/** apk info -v: `name-version-rN` a line; a name may have dashes, a version has none before its release. */
export function parseApk(text: string): PackageFacts[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(.+)-(\d[^-]*-r\d+)$/.exec(line.trim())
    return match?.[1] && match[2] ? [{ name: match[1], version: match[2] }] : []
  })
}

const rpmList = ['rpm', '-qa', '--qf', '%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\n']
const dnf = (program: string): PackageTool => ({
  program,
  list: rpmList,
  parseList: parseTabbed,
  install: (name, version) => [program, '-y', 'install', '--', version ? `${name}-${version}` : name],
  remove: (name) => [program, '-y', 'remove', '--', name],
})

/** In the order in which they are looked for: apt before the others, because some systems carry a stray rpm. */
export const unixPackageTools: readonly PackageTool[] = [
  {
    program: 'apt-get',
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    list: ['dpkg-query', '-W', '-f', '${Package}\\t${Version}\\t${Architecture}\\n'],
    parseList: parseTabbed,
    // apt-get(8): wait for another run of apt; keep the administrator's configuration files without asking.
    install: (name, version) => [...aptGet, 'install', '--', version ? `${name}=${version}` : name],
    remove: (name) => [...aptGet, 'remove', '--', name],
  },
  dnf('dnf'),
  dnf('yum'),
  {
    program: 'zypper',
    list: rpmList,
    parseList: parseTabbed,
    install: (name, version) => ['zypper', '--non-interactive', 'install', '--', version ? `${name}=${version}` : name],
    remove: (name) => ['zypper', '--non-interactive', 'remove', '--', name],
  },
  {
    program: 'pacman',
    list: ['pacman', '-Q'],
    parseList: parseSpaced,
    install: (name) => ['pacman', '-S', '--noconfirm', '--needed', '--', name],
    remove: (name) => ['pacman', '-R', '--noconfirm', '--', name],
  },
  {
    program: 'apk',
    list: ['apk', 'info', '-v'],
    parseList: parseApk,
    install: (name, version) => ['apk', 'add', version ? `${name}=${version}` : name],
    remove: (name) => ['apk', 'del', name],
  },
]

const aptGet = ['apt-get', '-y', '-o', 'DPkg::Lock::Timeout=60', '-o', 'Dpkg::Options::=--force-confold']

const wingetFlags = ['--exact', '--silent', '--disable-interactivity', '--accept-source-agreements']

/** winget knows no service account on older Windows 10; its message then says so. Listing asks PackageManagement. */
export const windowsPackageTool: PackageTool = {
  program: 'winget.exe',
  list: [
    'powershell.exe',
    ...powershellArguments(
      '[Console]::OutputEncoding = [Text.Encoding]::UTF8; Get-Package | ForEach-Object { "$($_.Name)`t$($_.Version)`t" }',
    ),
  ],
  parseList: (text) => parseTabbed(text.replaceAll('\r', '')).map(({ name, version }) => ({ name, version })),
  install: (name, version) => {
    const wanted = version ? [name, '--version', version] : [name]
    return ['winget.exe', 'install', '--id', ...wanted, ...wingetFlags, '--accept-package-agreements']
  },
  remove: (name) => ['winget.exe', 'uninstall', '--id', name, ...wingetFlags],
}
