import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** How a program ended: its exit code, and both outputs together. */
export interface Ended {
  readonly code: number
  readonly output: string
}

/** Runs a program to its end, whatever its exit code; `env` is all it gets beside a PATH. */
export function runProgram(
  argv: readonly [string, ...string[]],
  env: Record<string, string> = {},
  timeout = 60_000,
): Promise<Ended> {
  const [program, ...rest] = argv
  const options = { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env }, timeout, maxBuffer: 8 << 20 }
  return new Promise((resolve) => {
    execFile(program, rest, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, output: `${stdout}${stderr}` })
    })
  })
}

/** A folder that is removed at the test's end. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-agent-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Writes an executable file with its folders. */
export async function writeProgram(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  await chmod(path, 0o755)
}

/** The programs of this machine, read-only, and everything that can be written in a place of its own. */
const enter = `
root=$1 hide=$2; shift 2
mount --bind /usr "$root/usr"; mount -o remount,bind,ro "$root/usr"
mount -t proc proc "$root/proc"; mount --bind /dev "$root/dev"
for name in $hide; do for at in usr/bin usr/sbin; do [ ! -e "$root/$at/$name" ] || mount --bind "$root/empty" "$root/$at/$name"; done; done
exec chroot "$root" "$@"`

/** A small system of its own: this machine's /usr under an empty /etc, /opt and /var, without systemd running. */
export async function makeInstallRoot(): Promise<{
  readonly root: string
  /** Runs inside; programs named in `hide` are not there. */
  run(argv: readonly string[], env?: Record<string, string>, hide?: string): Promise<Ended>
}> {
  const root = await makeFolder()
  for (const name of ['usr', 'proc', 'dev', 'etc', 'opt', 'var', 'tmp', 'root']) await mkdir(join(root, name))
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${name}`, join(root, name))
  await writeFile(join(root, 'empty'), '') // not executable: as good as not there
  return {
    root,
    run: (argv, env, hide = '') =>
      runProgram(
        ['unshare', '--mount', '--propagation', 'private', 'bash', '-euc', enter, 'enter', root, hide, ...argv],
        env,
      ),
  }
}
