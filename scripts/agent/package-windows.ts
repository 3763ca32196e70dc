// MSI by wixl (Debian package of that name): the files and the service, for machines that are set up by group policy. The VM id and
// the secret are the install script's business, so the script stays the usual way.
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'

export interface WindowsPackage {
  /** The compiled agent and the compiled service host. */
  readonly binary: string
  readonly serviceHost: string
  readonly version: string
  /** The package's file. */
  readonly out: string
}

/** The name under which the MSI is kept. */
export function msiName(version: string): string {
  return `infiniservice-${version}-x64.msi`
}

/** Builds the MSI. Not reproducible: wixl writes a new package code and the time into each. */
export async function buildMsi(wanted: WindowsPackage): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'slipway-msi-'))
  try {
    // wixl finds files beside its source only.
    await symlink(wanted.binary, join(scratch, 'infiniservice.exe'))
    await symlink(wanted.serviceHost, join(scratch, 'infiniservice-host.exe'))
    const source = join(scratch, 'infiniservice.wxs')
    await writeFile(source, printSource(wanted.version))
    await runCommand(['nice', 'wixl', '--arch', 'x64', '-o', wanted.out, source])
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Fixed: by it a newer package finds the older one. */
const upgradeCode = '6D5E8B9A-0C5E-4C55-9D0C-6B0C6A1F4E27'

function printSource(version: string): string {
  // Windows Installer knows numbers only.
  const number = version.replace(/-.*/, '')
  return `<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="*" Name="InfiniService" Language="1033" Version="${number}" Manufacturer="Slipway" UpgradeCode="${upgradeCode}">
    <Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine" />
    <MajorUpgrade DowngradeErrorMessage="A newer InfiniService is installed." />
    <Media Id="1" Cabinet="agent.cab" EmbedCab="yes" />
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="Infiniservice">
          <Component Id="Agent" Guid="0F3C1B0A-5C6B-4B8E-9E61-0B8C2B0C7A11" Win64="yes">
            <File Id="AgentExe" Name="infiniservice.exe" Source="infiniservice.exe" KeyPath="yes" />
          </Component>
          <Component Id="Host" Guid="B1D6A2E4-7F0B-4E0D-8B57-3A0E9C1D2F33" Win64="yes">
            <File Id="HostExe" Name="infiniservice-host.exe" Source="infiniservice-host.exe" KeyPath="yes" />
            <ServiceInstall Id="Service" Name="Infiniservice" DisplayName="InfiniService" Type="ownProcess" Start="auto" ErrorControl="normal" Vital="yes" />
            <ServiceControl Id="Control" Name="Infiniservice" Start="install" Stop="both" Remove="uninstall" Wait="no" />
          </Component>
        </Directory>
      </Directory>
    </Directory>
    <Feature Id="All" Level="1"><ComponentRef Id="Agent" /><ComponentRef Id="Host" /></Feature>
  </Product>
</Wix>
`
}
