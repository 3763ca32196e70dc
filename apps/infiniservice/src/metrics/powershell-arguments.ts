/** Arguments of powershell.exe for a program text, encoded as it wants it (UTF-16 in base64): nothing needs quoting. */
export function powershellArguments(program: string): readonly string[] {
  const encoded = Buffer.from(program, 'utf16le').toString('base64')
  return ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-EncodedCommand', encoded]
}
