import type { UserConfig } from '@slipway/protocol'
import { shown } from '../words.ts'
import type { ReportFinding } from './report-finding.ts'

/** Checks users: names, SSH keys and password hashes, none of which may carry a line of its own into /etc/passwd. */
export function checkUsers(users: readonly UserConfig[], report: ReportFinding): void {
  const names = new Set<string>()
  for (const [index, user] of users.entries()) {
    const pointer = `/sysconfig/users/${index}`
    checkUserName(user.name, `${pointer}/name`, report)
    if (names.has(user.name) && user.name !== '') {
      report({
        code: 'user-twice',
        message: `User ${shown(user.name)} stands twice.`,
        cure: 'Put everything of one user into one block.',
        pointer: `${pointer}/name`,
      })
    }
    names.add(user.name)
    for (const [key, text] of user.ssh_keys.entries()) {
      if (text !== '') checkSshKey(text, `${pointer}/ssh_keys/${key}`, report)
    }
    if (user.password_hash !== null) checkPasswordHash(user.password_hash, `${pointer}/password_hash`, report)
    if (user.name !== '' && user.ssh_keys.length === 0 && user.password_hash === null) {
      report({
        code: 'user-without-login',
        severity: 'warning',
        message: `User ${shown(user.name)} has neither an SSH key nor a password and cannot log in.`,
        cure: 'Add: ssh-key "ssh-ed25519 AAAA…"',
        pointer,
      })
    }
  }
}

/** useradd(8), "CAVEATS": at most 32 characters, the first no digit. */
function checkUserName(name: string, pointer: string, report: ReportFinding): void {
  if (name === '' || /^[a-z_][a-z0-9_-]{0,31}$/u.test(name)) return
  report({
    code: 'user-name-illegal',
    message: `${shown(name)} is not a user name.`,
    cure: 'Begin with a lower-case letter and go on with lower-case letters, digits, _ and -, 32 at most.',
    pointer,
  })
}

const keyTypes = [
  'ssh-ed25519',
  'ssh-rsa',
  'ssh-dss',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]

/** sshd(8), "AUTHORIZED_KEYS FILE FORMAT": type, base64 and comment on one line; the blob begins with its type (RFC 4253, 6.6). */
function checkSshKey(text: string, pointer: string, report: ReportFinding): void {
  const match = /^([a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: [^\u0000-\u001f\u007f]*)?$/u.exec(text)
  const type = match?.[1] ?? ''
  if (match?.[2] !== undefined && keyTypes.includes(type) && blobNames(match[2], type)) return
  const isPrivate = text.includes('PRIVATE KEY')
  report({
    code: 'ssh-key-illegal',
    message: isPrivate ? 'A private SSH key stands where a public one belongs.' : 'The SSH public key cannot be read.',
    cure: isPrivate
      ? 'Remove it, make a new key pair, and write the line of the .pub file.'
      : 'Write the one line of the .pub file: ssh-key "ssh-ed25519 AAAA… ada@example.com"',
    pointer,
  })
}

function blobNames(base64: string, type: string): boolean {
  if (base64.length % 4 === 1) return false
  try {
    const blob = atob(base64)
    const length = (blob.charCodeAt(2) << 8) | blob.charCodeAt(3)
    return blob.charCodeAt(0) === 0 && blob.charCodeAt(1) === 0 && blob.slice(4, 4 + length) === type
  } catch {
    // atob throws on text that is not base64.
    return false
  }
}

/** crypt(5): $id$salt$hash without colon, space or line end. A hash that fits no known method is refused. */
function checkPasswordHash(hash: string, pointer: string, report: ReportFinding): void {
  if (hash.length <= 384 && /^\$(?:1|2[abxy]|5|6|7|y|gy|sha1|md5)[$,][!-9;-~]{8,}$/u.test(hash)) return
  report({
    code: 'password-hash-illegal',
    message: 'The password hash is not in crypt format.',
    cure: 'Make one with `mkpasswd -m sha-512` or `openssl passwd -6` and write what it prints, beginning with $6$.',
    pointer,
  })
}
