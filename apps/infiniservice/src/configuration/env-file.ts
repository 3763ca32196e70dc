/**
 * Reads `NAME=value` lines as /etc/environment and systemd's EnvironmentFile have them (environment(5) of pam_env,
 * systemd.exec(5)): comments, an optional `export`, optional quotes. The last line of a name wins.
 */
export function readEnvValue(text: string, name: string): string | null {
  let found: string | null = null
  for (const line of text.split('\n')) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.replace(/\r$/, ''))
    if (match?.[1] === name) found = unquote((match[2] ?? '').trim())
  }
  return found
}

/** Replaces or adds one value and keeps every other line. */
export function withEnvValue(text: string, name: string, value: string): string {
  const others = text.split('\n').filter((line) => !new RegExp(`^\\s*(?:export\\s+)?${name}=`).test(line))
  const kept = others.join('\n').replace(/\n*$/, '')
  return `${kept === '' ? '' : `${kept}\n`}${name}=${value}\n`
}

function unquote(text: string): string {
  const match = /^"(.*)"$|^'(.*)'$/.exec(text)
  return match ? (match[1] ?? match[2] ?? '') : text
}
