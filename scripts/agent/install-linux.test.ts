import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { renderLinuxScript } from './install-scripts.ts'
import { printPublicKey, publicKeyLine, signFile } from './minisign.ts'
import { parseSigningKey } from './signing-key.ts'
import { generateKeyPairSync } from 'node:crypto'
import { makeFolder, makeInstallRoot, runProgram, writeProgram } from './testing/install-root.ts'

const isRoot = process.getuid?.() === 0
const agent = '#!/bin/sh\necho 9.9.9\n'
const digest = createHash('sha256').update(agent).digest('hex')
const folder = process.arch === 'arm64' ? 'linux-arm64' : 'linux'
const metadata = JSON.stringify({
  version: '9.9.9',
  artifacts: [
    { platform: 'windows', arch: 'x64', kind: 'binary', path: 'w', size: 1, sha256: '1'.repeat(64) },
    { platform: 'linux', arch: process.arch, kind: 'binary', path: 'l', size: 1, sha256: digest },
    { platform: 'linux', arch: 'any', kind: 'script', path: 's', size: 1, sha256: '2'.repeat(64) },
  ],
})

/** The script and an agent in one folder, as an operator copies them. */
async function makeMedium(publicKey = 'none') {
  const at = await makeFolder()
  await writeProgram(join(at, 'install-linux.sh'), await renderLinuxScript(publicKey))
  await writeProgram(join(at, 'infiniservice'), agent)
  const root = await makeFolder()
  const install = (args: readonly string[], env: Record<string, string> = {}, shell = 'sh') =>
    runProgram([shell, join(at, 'install-linux.sh'), '--root', root, ...args], env)
  const read = (path: string) => readFile(join(root, path), 'utf8')
  return { at, root, install, read }
}

describe.skipIf(!isRoot)('install-linux.sh into a root', () => {
  it.each(['sh', 'bash'])('installs everything with %s, enabled, and again without change', async (shell) => {
    const { root, install, read } = await makeMedium()
    await mkdir(join(root, 'etc'))
    await writeFile(join(root, 'etc/environment'), 'LANG=C\nexport INFINIBAY_VM_ID=old\nINFINIBAY_VM_ID=older\nX="y"')
    const env = { INFINISERVICE_SHA256: digest.toUpperCase(), INFINISERVICE_SHARED_SECRET: 'ab'.repeat(32) }
    for (const round of [1, 2]) {
      const done = await install(['normal', 'vm-7.a'], env, shell)
      expect({ ...done, round }).toMatchObject({ code: 0 })
      expect(await read('etc/environment')).toBe('LANG=C\nX="y"\nINFINIBAY_VM_ID=vm-7.a\n')
    }
    expect(await read('opt/infiniservice/infiniservice')).toBe(agent)
    expect((await stat(join(root, 'opt/infiniservice/infiniservice'))).mode & 0o777).toBe(0o755)
    expect(await read('etc/infiniservice/agent.env')).toBe(`INFINISERVICE_SHARED_SECRET=${'ab'.repeat(32)}\n`)
    expect((await stat(join(root, 'etc/infiniservice/agent.env'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(root, 'opt/infiniservice/infiniservice-guard'))).mode & 0o777).toBe(0o755)
    const unit = await read('etc/systemd/system/infiniservice.service')
    expect(unit).toContain('Restart=always')
    expect(unit).toContain('/opt/infiniservice/infiniservice')
    const wants = join(root, 'etc/systemd/system/multi-user.target.wants/infiniservice.service')
    expect(await readlink(wants)).toBe('../infiniservice.service')
    const log = await read('var/log/infiniservice_install.log')
    expect(log).toContain('installed and enabled')
    expect(log).not.toMatch(/vm-7|abab/)
  })

  it('keeps the id and the secret that are there when none is given', async () => {
    const { install, read } = await makeMedium()
    await install(['normal', 'vm-1'], { INFINISERVICE_SHARED_SECRET: 'a'.repeat(16) })
    expect((await install([])).code).toBe(0)
    expect(await read('etc/environment')).toBe('INFINIBAY_VM_ID=vm-1\n')
    expect(await read('etc/infiniservice/agent.env')).toContain('aaaa')
  })

  it('changes nothing when the digest, the secret or the id is wrong', async () => {
    const { at, root, install } = await makeMedium()
    const wrong: [string[], Record<string, string>, string][] = [
      [['normal', 'vm-1'], { INFINISERVICE_SHA256: '0'.repeat(64) }, `the agent's digest is ${digest} and not 000`],
      [['normal', 'vm-1'], { INFINISERVICE_SHARED_SECRET: 'short' }, 'shorter than 16'],
      [['normal', 'vm-1'], { INFINISERVICE_SHARED_SECRET: `${'a'.repeat(16)}\nX=1` }, 'letters and digits'],
      [['normal', 'a b'], {}, 'a VM id is'],
      [['normal', 'vm-1'], { INFINISERVICE_TOKEN: 'a"\noutput = "/etc/passwd' }, 'INFINISERVICE_TOKEN is letters'],
      [['--from', '/nowhere'], {}, 'there is no folder /nowhere'],
      [['--what'], {}, 'Usage: install-linux.sh'],
    ]
    for (const [args, env, message] of wrong) {
      const done = await install(args, env)
      expect(done.code).not.toBe(0)
      expect(done.output).toContain(message)
    }
    await writeFile(join(at, 'metadata.json'), metadata.replace(digest, '3'.repeat(64)))
    expect((await install([])).output).toContain(`and not ${'3'.repeat(64)}`)
    await expect(stat(join(root, 'opt'))).rejects.toThrow('ENOENT')
  })

  it('takes an unpacked distribution folder, and warns that its digest proves little', async () => {
    const at = await makeFolder()
    await writeProgram(join(at, 'install/install-linux.sh'), await renderLinuxScript('none'))
    await writeProgram(join(at, 'binaries', folder, 'infiniservice'), agent)
    await writeFile(join(at, 'metadata.json'), metadata)
    const root = await makeFolder()
    const script = join(at, 'install/install-linux.sh')
    for (const args of [[], ['--from', at]] as const) {
      const done = await runProgram([script, '--root', root, ...args, 'vm-1'])
      expect(done).toMatchObject({ code: 0 })
      expect(done.output).toContain('the digest comes from the same place')
    }
  })

  it('verifies the signature where there is a verifier', async (test) => {
    if ((await runProgram(['minisign', '-v'])).code === -1) test.skip('needs Debian’s minisign')
    const { privateKey } = generateKeyPairSync('ed25519')
    const key = parseSigningKey(String(privateKey.export({ format: 'pem', type: 'pkcs8' })), 'test')
    const { at, install } = await makeMedium(publicKeyLine(key))
    expect((await install([])).output).toContain('no signature was found')
    await writeFile(join(at, 'infiniservice.minisig'), await signFile(key, join(at, 'infiniservice'), 'agent'))
    expect((await install([])).output).toContain('signature verified')
    expect(printPublicKey(key)).toContain(publicKeyLine(key))
    await writeFile(join(at, 'infiniservice'), `${agent}#`)
    const refused = await install([])
    expect(refused.code).toBe(1)
    expect(refused.output).toContain('signature is not of the key')
  })

  it('is taken away again, twice; settings go with --purge only', async () => {
    const { root, install, read } = await makeMedium()
    await install(['normal', 'vm-1'], { INFINISERVICE_SHARED_SECRET: 'a'.repeat(16) })
    await writeFile(join(root, 'etc/infiniservice/config.json'), '{}')
    const uninstall = await read('opt/infiniservice/uninstall.sh')
    const copy = join(await makeFolder(), 'uninstall.sh')
    await writeProgram(copy, uninstall)
    for (const _ of [1, 2]) expect(await runProgram([copy, '--root', root])).toMatchObject({ code: 0 })
    expect(await read('etc/environment')).toBe('')
    for (const gone of ['opt/infiniservice', 'etc/infiniservice/agent.env', 'etc/systemd/system/infiniservice.service'])
      await expect(stat(join(root, gone))).rejects.toThrow('ENOENT')
    expect(await read('etc/infiniservice/config.json')).toBe('{}')
    await runProgram([copy, '--root', root, '--purge'])
    await expect(stat(join(root, 'etc/infiniservice'))).rejects.toThrow('ENOENT')
  })
})

describe.skipIf(!isRoot)('install-linux.sh in a system of its own', () => {
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as { port: number }).port}` // it listens on TCP
  }

  it.each(['curl', 'wget'])(
    'downloads without %s, with the token in a header, and starts nothing without systemd',
    async (hidden) => {
      const { root, run } = await makeInstallRoot()
      await writeProgram(join(root, 'root/install-linux.sh'), await renderLinuxScript('none'))
      const seen: string[] = []
      const url = await serve((request, response) => {
        seen.push(`${request.url} ${request.headers.authorization}`)
        response.end(request.url?.includes('metadata') ? metadata : agent)
      })
      const other = hidden === 'curl' ? 'wget' : 'curl'
      if ((await run([other, '--version'])).code !== 0) return expect(other).toBe('wget') // not on this machine
      const env = { INFINISERVICE_URL: url, INFINISERVICE_TOKEN: 'agent_x' }
      const done = await run(['/root/install-linux.sh', 'normal', 'vm-1'], env, hidden)
      expect(done).toMatchObject({ code: 0 })
      expect(done.output).toContain('9.9.9\ninstalled and enabled')
      const query = process.arch === 'arm64' ? '?arch=arm64' : ''
      expect(seen).toContain(`/infiniservice/linux/binary${query} Bearer agent_x`)
      expect(seen).toContain('/infiniservice/metadata Bearer agent_x')
      expect(await readFile(join(root, 'etc/environment'), 'utf8')).toBe('INFINIBAY_VM_ID=vm-1\n')
    },
  )

  it('refuses what is served with another digest, and says so when nothing answers', async () => {
    const { root, run } = await makeInstallRoot()
    await writeProgram(join(root, 'root/install-linux.sh'), await renderLinuxScript('none'))
    const url = await serve((request, response) => response.end(request.url?.includes('metadata') ? '{}' : 'evil'))
    const install = (env: Record<string, string>) => run(['/root/install-linux.sh', 'vm-1'], env)
    expect((await install({ INFINISERVICE_URL: url, INFINISERVICE_SHA256: digest })).output).toContain(
      'nothing was changed',
    )
    expect((await install({ INFINISERVICE_URL: url })).output).toContain('nothing tells the digest')
    expect((await install({ INFINISERVICE_URL: 'http://127.0.0.1:1' })).output).toContain(
      'could not be downloaded from http://127.0.0.1:1',
    )
    await expect(stat(join(root, 'opt/infiniservice'))).rejects.toThrow('ENOENT')
  })

  it('refuses anybody but root', async () => {
    const { root, run } = await makeInstallRoot()
    await writeProgram(join(root, 'root/install-linux.sh'), await renderLinuxScript('none'))
    await chmod(root, 0o755)
    await chmod(join(root, 'root'), 0o755)
    const done = await run([
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '/root/install-linux.sh',
      'vm-1',
    ])
    expect(done.code).toBe(1)
    expect(done.output).toContain('must run as root')
  })
})

it('passes shellcheck', async (test) => {
  const files = ['install-linux.sh', 'uninstall.sh'].map((name) =>
    join(import.meta.dirname, '../../apps/infiniservice/install', name),
  )
  const done = await runProgram(['shellcheck', ...files, join(import.meta.dirname, '../build-agent.sh')])
  if (done.code === -1) test.skip('needs Debian’s shellcheck')
  expect(done).toEqual({ code: 0, output: '' })
})
