import { findProgram, unixPath } from '../scripts/find-program.ts'
import { refuse, type CommandAnswer } from './command-answer.ts'
import { unixPackageTools, windowsPackageTool, type PackageTool } from './package-tools.ts'
import { runCommand } from './run-command.ts'
import type { SafeCommandArguments } from './safe-command-arguments.ts'

/** Ten thousand packages take less than a megabyte; a line of the link holds eight. */
const listLimit = 4 * 1024 * 1024

function packageTool(): PackageTool | null {
  if (process.platform === 'win32') return windowsPackageTool
  return unixPackageTools.find((tool) => findProgram(tool.program, unixPath) !== null) ?? null
}

const none = refuse('unsupported', 'this machine has none of the package tools apt, dnf, yum, zypper, pacman and apk')

export async function listPackages(
  { filter }: SafeCommandArguments<'PackageList'>,
  signal: AbortSignal,
): Promise<CommandAnswer> {
  const tool = packageTool()
  if (!tool) return none
  const { stdout, ...outcome } = await runCommand(tool.list, { signal, outputLimit: listLimit })
  if (outcome.error) return outcome
  const packages = tool.parseList(stdout).filter(({ name }) => filter === undefined || name.includes(filter))
  return { ...outcome, data: { packages } }
}

export async function installPackage(
  { package: name, version }: SafeCommandArguments<'PackageInstall'>,
  signal: AbortSignal,
): Promise<CommandAnswer> {
  const tool = packageTool()
  return tool ? runCommand(tool.install(name, version), { signal, env: tool.env }) : none
}

export async function removePackage(
  { package: name }: SafeCommandArguments<'PackageRemove'>,
  signal: AbortSignal,
): Promise<CommandAnswer> {
  const tool = packageTool()
  return tool ? runCommand(tool.remove(name), { signal, env: tool.env }) : none
}
