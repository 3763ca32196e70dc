import { Fault } from '@slipway/base'
import type { SysconfigConfig, UserConfig } from '@slipway/protocol'
import type { SysconfigChange, SysconfigFacts, SysconfigPlan } from './sysconfig-plan.ts'

/**
 * Users as edits of passwd(5), shadow(5), group(5) and sudoers(5): plain text, so the same rules work at install on a
 * target of another platform, at first boot, and in a dry run. Nobody is ever removed: a home may hold data.
 */
export function planUsers(
  config: SysconfigConfig,
  facts: SysconfigFacts,
  platform: 'linux' | 'illumos',
): SysconfigPlan {
  const files = new AccountFiles(facts, platform)
  const changes: SysconfigChange[] = []
  const warnings: string[] = []
  for (const user of config.users) {
    const account = files.ensure(user)
    changes.push(...homeChanges(user, account, facts))
    if (user.sudo) changes.push(...sudoChanges(user, facts, warnings))
  }
  const accountChanges = config.users.length === 0 ? [] : files.changes()
  return { changes: [...accountChanges, ...changes, ...leftoverSudoers(changes, facts)], commands: [], warnings }
}

export interface Account {
  readonly uid: number
  readonly gid: number
  readonly home: string
}

const paths = { passwd: '/etc/passwd', shadow: '/etc/shadow', group: '/etc/group' } as const
const firstUid = 1000 // login.defs(5), UID_MIN
const lastUid = 59_999

/** The account files of one system, as rows of fields; unknown rows and their order are kept. */
class AccountFiles {
  readonly #rows: Record<keyof typeof paths, string[][]>
  readonly #shell: string
  readonly #shadowMode: number

  constructor(facts: SysconfigFacts, platform: 'linux' | 'illumos') {
    this.#rows = { passwd: rows(facts, 'passwd'), shadow: rows(facts, 'shadow'), group: rows(facts, 'group') }
    this.#shell = platform === 'illumos' ? '/usr/bin/bash' : '/bin/bash'
    this.#shadowMode = platform === 'illumos' ? 0o400 : 0o640
  }

  ensure(user: UserConfig): Account {
    const row = this.#find('passwd', user.name) ?? this.#add(user)
    this.#setPassword(user)
    const [, , uid, gid, , home] = row
    if (!home?.startsWith('/') || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) {
      throw new Fault('config-invalid', `/etc/passwd has a malformed line for user ${user.name}; repair it first`)
    }
    return { uid: Number(uid), gid: Number(gid), home }
  }

  changes(): SysconfigChange[] {
    const text = (name: keyof typeof paths) => this.#rows[name].map((row) => `${row.join(':')}\n`).join('')
    return [
      { kind: 'file', path: paths.group, content: text('group'), mode: 0o644 },
      { kind: 'file', path: paths.passwd, content: text('passwd'), mode: 0o644 },
      { kind: 'file', path: paths.shadow, content: text('shadow'), mode: this.#shadowMode, owner: this.#shadowOwner() },
    ]
  }

  /** Debian lets the group shadow read it (unix_chkpwd). */
  #shadowOwner(): { uid: number; gid: number } {
    return { uid: 0, gid: Number(this.#find('group', 'shadow')?.[2] ?? 0) }
  }

  #find(file: keyof typeof paths, name: string): string[] | undefined {
    return this.#rows[file].find((row) => row[0] === name)
  }

  #add(user: UserConfig): string[] {
    const taken = new Set([...this.#rows.passwd, ...this.#rows.group].map((row) => Number(row[2])))
    let id = firstUid
    while (taken.has(id)) id += 1
    if (id > lastUid) throw new Fault('config-invalid', `no free user id for ${user.name} in ${firstUid}..${lastUid}`)
    const gid = this.#find('group', user.name)?.[2] ?? String(id)
    const row = [user.name, 'x', String(id), gid, '', `/home/${user.name}`, this.#shell]
    this.#rows.passwd.push(row)
    if (!this.#find('group', user.name)) this.#rows.group.push([user.name, 'x', gid, ''])
    return row
  }

  #setPassword(user: UserConfig): void {
    const present = this.#find('shadow', user.name)
    if (present) {
      if (user.password_hash !== null) present[1] = user.password_hash
      return
    }
    // `*`: no password fits, but unlike `!` the account is not locked, so keys work. Empty date fields: no ageing.
    this.#rows.shadow.push([user.name, user.password_hash ?? '*', '', '', '', '', '', '', ''])
  }
}

function rows(facts: SysconfigFacts, name: keyof typeof paths): string[][] {
  const text = facts.files[paths[name]] ?? ''
  return text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(':')]))
}

const begin = '# begin: keys from /etc/slipway/machine.kdl'
const end = '# end: keys from /etc/slipway/machine.kdl'

function homeChanges(user: UserConfig, account: Account, facts: SysconfigFacts): SysconfigChange[] {
  const owner = { uid: account.uid, gid: account.gid }
  const home: SysconfigChange[] = facts.existing.has(account.home)
    ? []
    : [{ kind: 'directory', path: account.home, mode: 0o700, owner }]
  const path = `${account.home}/.ssh/authorized_keys`
  const present = facts.files[path] ?? ''
  if (user.ssh_keys.length === 0 && !present.includes(begin)) return home
  return [
    ...home,
    { kind: 'directory', path: `${account.home}/.ssh`, mode: 0o700, owner },
    { kind: 'file', path, content: withKeys(present, user.ssh_keys), mode: 0o600, owner },
  ]
}

/** Replaces our block and keeps whatever the user added around it. */
export function withKeys(present: string, keys: readonly string[]): string {
  const kept: string[] = []
  let ours = false
  for (const line of present.split('\n')) {
    if (line === begin) ours = true
    else if (line === end) ours = false
    else if (!ours && line !== '') kept.push(line)
  }
  const block = keys.length === 0 ? [] : [begin, ...keys, end]
  return [...kept, ...block].map((line) => `${line}\n`).join('')
}

/** The home of a user that the config names, before its keys are read; for the facts. */
export function homeOf(name: string, passwd: string | null): string {
  const row = (passwd ?? '').split('\n').find((line) => line.startsWith(`${name}:`))
  return row?.split(':')[5] || `/home/${name}`
}

const sudoersPrefix = '/etc/sudoers.d/10-slipway-'

function sudoChanges(user: UserConfig, facts: SysconfigFacts, warnings: string[]): SysconfigChange[] {
  if (!facts.existing.has('/usr/bin/sudo')) {
    warnings.push(`user ${user.name} shall use sudo, but the image has no /usr/bin/sudo; install sudo to make it work`)
  }
  // Who has no password could never answer sudo's question.
  const tag = user.password_hash === null ? 'NOPASSWD: ALL' : 'ALL'
  // sudoers(5): files with a dot in their name are skipped; our user names have none.
  return [
    { kind: 'file', path: `${sudoersPrefix}${user.name}`, content: `${user.name} ALL=(ALL:ALL) ${tag}\n`, mode: 0o440 },
  ]
}

function leftoverSudoers(changes: readonly SysconfigChange[], facts: SysconfigFacts): SysconfigChange[] {
  const wanted = new Set(changes.map((change) => change.path))
  return [...facts.existing]
    .filter((path) => path.startsWith(sudoersPrefix) && !wanted.has(path))
    .map((path) => ({ kind: 'absent', path }))
}
