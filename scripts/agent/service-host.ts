import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedFolder } from './cache-folder.ts'
import { repository } from './compile-agent.ts'
import { runCommand } from './run-command.ts'

const source = join(repository, 'apps/infiniservice/service-host/svc.c')
const compiler = 'x86_64-w64-mingw32-gcc'
/** No time stamp in the header: the same source and compiler give the same bytes. */
const options = ['-municode', '-O2', '-Wall', '-Wextra', '-Werror', '-s', '-static', '-Wl,--no-insert-timestamp']

/**
 * Compiles the Windows service host and resolves to its bytes; null, after saying so loudly, where Debian's cross compiler is
 * missing: the Windows install script is then left out.
 */
export async function compileServiceHost(say: (message: string) => void): Promise<Uint8Array | null> {
  const version = await runCommand([compiler, '--version']).catch(() => null)
  if (version === null) {
    say(
      `SKIPPED: service host and install-windows.ps1: no ${compiler}; apt-get install gcc-mingw-w64-x86-64-win32, then build again`,
    )
    return null
  }
  const key = createHash('sha256')
    .update(`${version}\0${options.join(' ')}\0`)
    .update(await readFile(source))
    .digest('hex')
  const folder = await cachedFolder(`agent-service-host-${key.slice(0, 16)}`, async (making) => {
    await runCommand([compiler, ...options, '-o', join(making, 'infiniservice-host.exe'), source, '-ladvapi32'])
  })
  return readFile(join(folder, 'infiniservice-host.exe'))
}
