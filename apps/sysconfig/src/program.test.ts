import { silentLogger } from '@slipway/base'
import { build } from 'esbuild'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runProgram } from './program.ts'

const config = `pool "rpool" {
    vdev "mirror" { disks "vda" "vdb" }
}
image "oci://registry.example.com/base:1"
sysconfig {
    hostname "machine-01"
    user "ada" { password-hash "$6$salt$secretsecret"; }
}
`
let root = ''
let out = ''
let err = ''

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-program-'))
  out = ''
  err = ''
})
afterEach(() => rm(root, { recursive: true }))

const sysconfig = (...argv: string[]) =>
  runProgram(argv, {
    logger: silentLogger,
    signal: new AbortController().signal,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  })

async function writeConfig(text: string): Promise<string> {
  const path = join(root, 'machine.kdl')
  await writeFile(path, text)
  return path
}

describe.skipIf(process.platform !== 'linux')('sysconfig', () => {
  test('applies a config to a root, and a second time finds nothing to change', async () => {
    const path = await writeConfig(config)
    expect(await sysconfig('apply', '--root', root, '--config', path)).toBe(0)
    expect(out).toContain('created /etc/hostname\n')
    expect(await readFile(join(root, 'etc/hostname'), 'utf8')).toBe('machine-01\n')
    out = ''
    expect(await sysconfig('apply', '--root', root, '--config', path)).toBe(0)
    expect(out).toBe('nothing to change\n')
  })

  test('shows as one JSON document, without the password hash', async () => {
    expect(await sysconfig('show', '--json', '--root', root, '--config', await writeConfig(config))).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ sysconfig: { hostname: 'machine-01' }, last_applied: null })
    expect(out).not.toContain('secretsecret')
  })

  test.each([
    ['a config that is not there', 1, ['--config', '/nowhere/machine.kdl'], 'not-found'],
    ['a wrong flag', 2, ['--flag'], 'usage'],
  ])('%s ends with exit code %i', async (_, exit, flags, code) => {
    expect(await sysconfig('apply', '--json', '--root', root, ...flags)).toBe(exit)
    expect(JSON.parse(out)).toMatchObject({ error: { code } })
  })

  test('an invalid config ends with 3 and tells every finding with its place', async () => {
    const path = await writeConfig(
      config.replace('machine-01', 'not a host name').replace('vdev "mirror"', 'vdev "mirrow"'),
    )
    expect(await sysconfig('apply', '--root', root, '--config', path)).toBe(3)
    expect(err).toMatch(/machine\.kdl:2:\d+: /)
    expect(err).toMatch(/machine\.kdl:6:\d+: /)
  })

  test('is one file that plain Node runs', async () => {
    const file = join(root, 'sysconfig.mjs')
    const entryPoints = [join(import.meta.dirname, 'main.ts')]
    await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', outfile: file, logLevel: 'error' })
    expect(execFileSync(process.execPath, [file, '--help'], { encoding: 'utf8' })).toContain('usage: sysconfig apply')
    const bad = spawnSync(process.execPath, [file, 'apply', '--root', root, '--config', await writeConfig('{{{')])
    expect(bad.status).toBe(3)
  })
})
