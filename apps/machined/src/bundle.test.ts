import { spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

/** api.md: SIGTERM stops every child within five seconds; machined itself takes two. */
const stopMs = 2000

describe('machined as one file', () => {
  it('starts from the bundle that live media carry, and stops when it is told to', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-bundle-'))
    const outfile = join(dir, 'machined.mjs')
    await build({
      entryPoints: [join(import.meta.dirname, 'main.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
      // CommonJS dependencies ask for Node's own modules by require.
      banner: {
        js: "import { createRequire as make } from 'node:module'; const require = make(import.meta.url);",
      },
    })
    const discovery = ['--discovery-port', '0', '--interface', '127.0.0.1', '--group', '239.192.76.90']
    const argv = [
      outfile,
      '--data-dir',
      join(dir, 'data'),
      '--listen',
      '127.0.0.1:0',
      '--host',
      'simulated',
      ...discovery,
    ]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'], cwd: dir })
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const said: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line)
      if (line.includes('"type":"ready"')) break
    }
    expect(said.join('\n')).toContain('sim-0001')
    const started = performance.now()
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(performance.now() - started).toBeLessThan(stopMs)
  })
})
