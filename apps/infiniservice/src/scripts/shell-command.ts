import type { AgentShell } from '@slipway/protocol'

/** How a shell runs a program text: the file's name, its exact bytes, and the argv around its path. */
export interface ShellCommand {
  readonly fileName: string
  /** The first of these that is installed is used. */
  readonly programs: readonly string[]
  readonly argumentsFor: (file: string) => readonly string[]
  readonly bytesOf: (content: string) => Buffer
}

const unixLines = (content: string) => Buffer.from(content.replaceAll('\r\n', '\n'))
const asIs = (content: string) => Buffer.from(content)
/** Windows PowerShell 5.1 takes a file without a byte order mark for the system's code page. */
const withMark = (content: string) => Buffer.from(content.startsWith('\uFEFF') ? content : `\uFEFF${content}`)
const powershellFlags = ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File']

/** A script written on Windows ends its lines with CRLF, which bash and sh would take for a part of each command. */
export function shellCommand(shell: AgentShell, platform: NodeJS.Platform): ShellCommand {
  const windows = platform === 'win32'
  switch (shell) {
    case 'BASH':
      return unixShell(windows ? 'bash.exe' : 'bash')
    case 'SH':
      return unixShell(windows ? 'sh.exe' : 'sh')
    case 'POWERSHELL':
      return {
        fileName: 'script.ps1',
        programs: windows ? ['powershell.exe', 'pwsh.exe'] : ['pwsh'],
        argumentsFor: (file) => [...powershellFlags, file],
        bytesOf: windows ? withMark : asIs,
      }
    case 'CMD':
      return {
        fileName: 'script.cmd',
        programs: ['cmd.exe'],
        argumentsFor: (file) => ['/d', '/q', '/c', file],
        bytesOf: asIs,
      }
  }
}

function unixShell(program: string): ShellCommand {
  return { fileName: 'script.sh', programs: [program], argumentsFor: (file) => [file], bytesOf: unixLines }
}
