import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram, type Ended } from '../testing/install-root.ts'

/** The chroot with Wine, running in namespaces of its own; what it writes lies in a folder that goes with it. */
export interface WineLab {
  /** This machine's path of the folder that Windows sees as `Z:\mnt`. */
  readonly work: string
  /** Runs a Windows program to its end. */
  run(argv: readonly string[], cwd?: string): Promise<Ended>
  /** The command lines of processes that contain a text. */
  processes(text: string): Promise<string[]>
  close(): Promise<void>
}

/** The chroot is only read; /mnt and /tmp are the run's own. */
const enter = `
chroot=$1 work=$2
mount --bind "$chroot" "$chroot"; mount -o remount,bind,ro "$chroot"
mount -t proc proc "$chroot/proc"; mount --rbind /dev "$chroot/dev"
mount -t tmpfs tmpfs "$chroot/tmp"; mount --bind "$work" "$chroot/mnt"
exec chroot "$chroot" /bin/sh -c 'echo ready; exec sleep 3600'`

/** Longer than any test waits: what a test started ends by the test. */
const deadlineMs = 400_000

const environment = {
  HOME: '/mnt/home',
  WINEPREFIX: '/mnt/prefix',
  WINEDEBUG: '-all',
  XDG_RUNTIME_DIR: '/tmp',
  // No installers of Mono and Gecko, and no display.
  WINEDLLOVERRIDES: 'mscoree,mshtml=',
  INFINIBAY_VM_ID: 'vm-under-wine',
  LC_ALL: 'C.UTF-8',
}

/** Enters the chroot and makes a Wine prefix. Needs root. */
export async function openWineLab(chroot: string): Promise<WineLab> {
  const work = await mkdtemp(join(tmpdir(), 'slipway-wine-'))
  await mkdir(join(work, 'home'))
  const holder = spawn(
    'unshare',
    [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--propagation',
      'private',
      'bash',
      '-euc',
      enter,
      'enter',
      chroot,
      work,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve())
    holder.once('exit', (code) => reject(new Error(`the chroot ${chroot} could not be entered: exit code ${code}`)))
  })
  const children = await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8')
  const wine = ['/usr/lib/wine/wine64', '/usr/lib/wine/wine'].find((path) => existsSync(join(chroot, path)))
  if (wine === undefined) throw new Error(`there is no Wine in ${chroot}; remove that folder and run this again`)
  const run = (argv: readonly string[], cwd = '/mnt'): Promise<Ended> =>
    runProgram(
      [
        'nsenter',
        '-t',
        children.trim(),
        '-m',
        '-p',
        'chroot',
        chroot,
        'sh',
        '-c',
        'cd "$0" && exec "$@"',
        cwd,
        wine,
        ...argv,
      ],
      environment,
      deadlineMs,
    )
  expectZero(await run(['wineboot', '--init']))
  // Wine stops its services with the last program that a person started: this one waits for input that never comes.
  void run(['cmd'])
  return {
    work,
    run,
    processes: findProcesses,
    async close() {
      const ended = new Promise((resolve) => holder.once('exit', resolve))
      holder.kill('SIGKILL') // --kill-child: all of the namespace goes with it
      await ended
      await rm(work, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function expectZero({ code, output }: Ended): void {
  if (code !== 0) throw new Error(`Wine could not make its prefix (exit code ${code}): ${output}`)
}

async function findProcesses(text: string): Promise<string[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(names.map((name) => readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')))
  return lines.map((line) => line.replaceAll('\0', ' ')).filter((line) => line.includes(text))
}
