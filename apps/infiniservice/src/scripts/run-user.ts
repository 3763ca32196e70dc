import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { findProgram, unixPath } from './find-program.ts'

/** A user as passwd(5) has it. */
export interface RunUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

/** Finds a line of passwd(5); null when there is none or it is malformed. */
export function parsePasswd(text: string, isWanted: (user: RunUser) => boolean): RunUser | null {
  for (const line of text.split('\n')) {
    const [name, , uid, gid, , home] = line.split(':')
    if (!name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) continue
    const user = { name, uid: Number(uid), gid: Number(gid), home: home === '' || home === undefined ? '/' : home }
    if (isWanted(user)) return user
  }
  return null
}

/** The user's name is used as an argument and in messages; useradd(8) takes no others. */
const legalName = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}$/

/**
 * Whom a script runs as on a unix system; null as name means the agent's own user. A string says why that cannot be.
 * The passwd file is asked first, then getent(1), which knows directories such as LDAP too.
 */
export async function findRunUser(name: string | null): Promise<RunUser | string> {
  const ownUid = process.getuid?.() ?? 0
  if (name === null) return ownUser(ownUid)
  if (!legalName.test(name)) return `${JSON.stringify(name)} is no user name`
  const user = parsePasswd(passwdFile(), (each) => each.name === name) ?? (await askGetent(name))
  if (!user) return `the user ${name} does not exist on this machine; create it first or choose another run_as`
  if (user.uid !== ownUid && ownUid !== 0)
    return `the agent runs as uid ${ownUid} and not as root, so it cannot run a script as ${name}`
  return user
}

function ownUser(uid: number): RunUser {
  const known = parsePasswd(passwdFile(), (each) => each.uid === uid)
  return known ?? { name: String(uid), uid, gid: process.getgid?.() ?? 0, home: '/' }
}

let passwd = { version: '', text: '' }

/** Read again when it changed: useradd(8) and its like replace the file. */
function passwdFile(): string {
  try {
    const { mtimeMs, ctimeMs, ino, size } = statSync('/etc/passwd')
    const version = [mtimeMs, ctimeMs, ino, size].join(' ')
    if (version !== passwd.version) passwd = { version, text: readFileSync('/etc/passwd', 'utf8') }
    return passwd.text
  } catch {
    return '' // a directory service alone may know the users
  }
}

function askGetent(name: string): Promise<RunUser | null> {
  const getent = findProgram('getent', unixPath)
  if (!getent) return Promise.resolve(null)
  return new Promise((resolve) => {
    // Ten seconds: a directory server that does not answer must not hold a script for ever.
    execFile(getent, ['passwd', name], { timeout: 10_000, encoding: 'utf8' }, (_error, stdout) =>
      resolve(parsePasswd(stdout, (each) => each.name === name)),
    )
  })
}

/** The directory a script starts in: the user's home when there is one. */
export function workingDirectory(user: RunUser | null): string | undefined {
  if (!user) return undefined
  return statSync(user.home, { throwIfNoEntry: false })?.isDirectory() ? user.home : '/'
}
