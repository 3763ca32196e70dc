import { generateKeyPairSync } from 'node:crypto'
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { canonicalJson } from '@slipway/base'
import { agentVersion, compileAgent, compileTo, repository } from './compile-agent.ts'
import { distributionFolder } from './base-folder.ts'
import { readOptions } from './build-options.ts'
import { ownTarget } from './bring-bun.ts'
import { installFile } from './install-file.ts'
import { writeMetadata } from './metadata-file.ts'
import { printPublicKey, publicKeyLine, signFile, verifyFile } from './minisign.ts'
import { buildDeb, buildRpm, debName, rpmName } from './package-linux.ts'
import { pruneCache } from './cache-folder.ts'
import { compileServiceHost } from './service-host.ts'
import { openSigningKey, parseSigningKey } from './signing-key.ts'
import { targets } from './targets.ts'
import { makeFolder, runProgram, writeProgram } from './testing/install-root.ts'

const at = new Date('2026-01-02T03:04:05Z')

function makeKey() {
  const { privateKey } = generateKeyPairSync('ed25519')
  return parseSigningKey(String(privateKey.export({ format: 'pem', type: 'pkcs8' })), 'test')
}

describe('the compiled agent', () => {
  it('is the same in every byte when it is built again, and says its version', async () => {
    const target = ownTarget()
    const wanted = { target, version: await agentVersion(), publicKey: null }
    const first = await compileAgent(wanted)
    const again = await makeFolder()
    await compileTo(again, wanted)
    const second = await readFile(join(again, basename(targets[target].path)))
    expect(second.equals(await readFile(first))).toBe(true)
    expect(await runProgram([first, '--version'])).toEqual({ code: 0, output: `${wanted.version}\n` })
  }, 120_000)

  it('does not run what a bunfig.toml in the folder it is started in names', async () => {
    const program = await compileAgent({ target: ownTarget(), version: await agentVersion(), publicKey: null })
    const folder = await makeFolder()
    await writeFile(join(folder, 'bunfig.toml'), 'preload = ["./evil.ts"]\n')
    await writeFile(join(folder, 'evil.ts'), 'console.log("evil"); process.exit(0)\n')
    const line = 'cd "$1" && exec "$2" --version'
    const done = await runProgram(['sh', '-c', line, 'sh', folder, program])
    expect(done).toEqual({ code: 0, output: `${await agentVersion()}\n` })
  }, 120_000)
})

describe('signing', () => {
  it('makes the key once, for its owner alone, and says so', async () => {
    const file = join(await makeFolder(), 'base', 'signing.key')
    const first = await openSigningKey(file, true)
    const second = await openSigningKey(file, true)
    expect([first.made, second.made]).toEqual([true, false])
    expect(publicKeyLine(second.key)).toBe(publicKeyLine(first.key))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await expect(openSigningKey(`${file}.none`, false)).rejects.toThrow('cannot be read')
  })

  it('verifies its own signatures and nothing else', async () => {
    const key = makeKey()
    const file = join(await makeFolder(), 'file')
    await writeFile(file, 'agent')
    const signature = await signFile(key, file, 'file:x\tversion:1.2.3')
    expect(await verifyFile(printPublicKey(key), file, signature)).toBe('file:x\tversion:1.2.3')
    expect(await verifyFile(printPublicKey(makeKey()), file, signature)).toBeNull()
    expect(await verifyFile(printPublicKey(key), file, signature.replace('1.2.3', '9.9.9'))).toBeNull()
    await writeFile(file, 'agenT')
    expect(await verifyFile(printPublicKey(key), file, signature)).toBeNull()
  })

  it('agrees with Debian’s minisign, and takes its keys', async (test) => {
    if ((await runProgram(['minisign', '-v'])).code === -1) test.skip('needs Debian’s minisign')
    const folder = await makeFolder()
    const file = join(folder, 'file')
    await writeFile(file, 'agent')
    const secret = join(folder, 'minisign.key')
    const generated = await runProgram(['minisign', '-G', '-W', '-p', join(folder, 'theirs.pub'), '-s', secret])
    expect(generated.code).toBe(0)
    const { key } = await openSigningKey(secret, false)
    expect(await readFile(join(folder, 'theirs.pub'), 'utf8')).toContain(publicKeyLine(key))
    await writeFile(join(folder, 'ours.pub'), printPublicKey(key))
    await writeFile(`${file}.minisig`, await signFile(key, file, 'file:x\tversion:1.2.3'))
    for (const name of ['theirs.pub', 'ours.pub']) {
      const verified = await runProgram(['minisign', '-V', '-p', join(folder, name), '-m', file])
      expect(verified.output).toContain('Signature and comment signature verified')
    }
    expect((await runProgram(['minisign', '-S', '-s', secret, '-m', file])).code).toBe(0)
    expect(await verifyFile(printPublicKey(key), file, await readFile(`${file}.minisig`, 'utf8'))).not.toBeNull()
  })

  it('says what is wrong with a key file', () => {
    expect(() => parseSigningKey('hello', 'k')).toThrow('k is neither a PEM')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(() => parseSigningKey(String(privateKey.export({ format: 'pem', type: 'pkcs8' })), 'k')).toThrow('type ec')
    const locked = Buffer.alloc(158)
    locked.write('EdSc')
    expect(() => parseSigningKey(locked.toString('base64'), 'k')).toThrow('protected by a password')
  })

  it('signs the metadata over the canonical JSON of all else', async () => {
    const key = makeKey()
    const folder = await makeFolder()
    await installFile(join(folder, 'binaries/linux/infiniservice'), { text: 'agent' }, 0o755, at)
    await writeMetadata({ folder, at, key, version: '1.2.3' })
    const { signature, ...rest } = JSON.parse(await readFile(join(folder, 'metadata.json'), 'utf8'))
    expect(rest).toMatchObject({ version: '1.2.3', platforms: ['linux'], updated: '2026-01-02T03:04:05.000Z' })
    await writeFile(join(folder, 'signed'), canonicalJson(rest))
    expect(await verifyFile(printPublicKey(key), join(folder, 'signed'), signature)).toContain('infiniservice 1.2.3')
  })
})

describe('packages', () => {
  it('are the same in every byte when they are built again, and hold agent, guard and unit', async (test) => {
    if ((await runProgram(['rpmbuild', '--version'])).code !== 0) test.skip('needs Debian’s rpm')
    const folder = await makeFolder()
    const binary = join(folder, 'agent')
    await writeProgram(binary, '#!/bin/sh\n')
    const wanted = { binary, arch: 'x64', version: '1.2.3-rc.1', at } as const
    const outs = [await makeFolder(), await makeFolder()]
    for (const out of outs) {
      await buildDeb({ ...wanted, out })
      await buildRpm({ ...wanted, out })
    }
    for (const name of [debName(wanted), rpmName(wanted)]) {
      const [first, second] = await Promise.all(outs.map((out) => readFile(join(out, name))))
      expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true)
    }
    const [out = ''] = outs
    const deb = await runProgram(['dpkg-deb', '-c', join(out, debName(wanted))])
    const rpm = await runProgram(['rpm', '-qlvp', join(out, rpmName(wanted))])
    for (const { output } of [deb, rpm]) {
      expect(output).toMatch(/-rwxr-xr-x.*root.*\/opt\/infiniservice\/infiniservice$/m)
      expect(output).toMatch(/-rwxr-xr-x.*\/opt\/infiniservice\/infiniservice-guard$/m)
      expect(output).toMatch(/-rw-r--r--.*\/usr\/lib\/systemd\/system\/infiniservice\.service$/m)
    }
    const extracted = await makeFolder()
    await runProgram(['dpkg-deb', '-x', join(out, debName(wanted)), extracted])
    const unit = await readFile(join(extracted, 'usr/lib/systemd/system/infiniservice.service'), 'utf8')
    expect(unit).toBe(await readFile(join(repository, 'apps/infiniservice/packaging/infiniservice.service'), 'utf8'))
  }, 60_000)

  it('compile the Windows service host, or say loudly that they cannot', async () => {
    const said: string[] = []
    const host = await compileServiceHost((message) => said.push(message))
    if (host === null) expect(said.join()).toContain('SKIPPED: service host')
    else expect(Buffer.from(host).toString('latin1', 0, 2)).toBe('MZ')
  })
})

describe('the cache', () => {
  it('forgets all but the newest builds, and none of the last hour', async () => {
    const root = await makeFolder()
    const before = process.env.SLIPWAY_CACHE
    process.env.SLIPWAY_CACHE = root
    onTestFinished(() => {
      if (before === undefined) delete process.env.SLIPWAY_CACHE
      else process.env.SLIPWAY_CACHE = before
    })
    const hour = 3_600_000
    for (const [name, hours] of Object.entries({ 'agent-x-1': 9, 'agent-x-2': 8, 'agent-x-3': 7, 'agent-y-1': 9 })) {
      await mkdir(join(root, name))
      const then = new Date(Date.now() - hours * hour)
      await utimes(join(root, name), then, then)
    }
    await mkdir(join(root, 'agent-x-4'))
    await pruneCache('agent-x-', 2)
    expect((await readdir(root)).toSorted()).toEqual(['agent-x-3', 'agent-x-4', 'agent-y-1'])
    await pruneCache('agent-x-', 0)
    expect((await readdir(root)).toSorted()).toEqual(['agent-x-4', 'agent-y-1'])
  })
})

describe('the command line', () => {
  it('refuses unknown targets, versions and options', () => {
    expect(readOptions(['--target', 'linux-x64,windows-x64'])).toMatchObject({ targets: ['linux-x64', 'windows-x64'] })
    expect(readOptions(['--no-packages'])).toMatchObject({ packages: false, version: undefined })
    expect(readOptions(['--help'])).toBeNull()
    expect(() => readOptions(['--target', 'sparc'])).toThrow('there is no target "sparc"')
    expect(() => readOptions(['--version', 'new'])).toThrow('is not a version')
    expect(() => readOptions(['--bse', 'x'])).toThrow('--bse')
  })

  it('puts agents where instcomd looks for them', () => {
    expect(distributionFolder('/srv', { INFINIBAY_BASE_DIR: '/other' })).toBe('/srv/infiniservice')
    expect(distributionFolder(undefined, { INFINIBAY_BASE_DIR: '/other' })).toBe('/other/infiniservice')
    expect(distributionFolder(undefined, { SLIPWAY_DATA_DIR: '/data' })).toMatch(
      /^(\/data|\/opt)\/infinibay\/infiniservice$/,
    )
  })
})
