import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  applyLayer,
  makeRegistryClient,
  parseReference,
  writeLayout,
  type RegistryClient,
  type WrittenImage,
} from './index.ts'
import { listTree } from './testing/describe-tree.ts'
import { makeGnuTarTarget } from './testing/gnu-tar-target.ts'
import { makeRoot } from './testing/test-layer.ts'

// Against Debian's docker-registry, filled by skopeo: programs that know nothing of ours.
const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined
const isInstalled = has('docker-registry') && has('skopeo')
if (!isInstalled)
  console.warn('skipped: the tests against docker-registry need the Debian packages docker-registry and skopeo')

describe.skipIf(!isInstalled)('an image in docker-registry', () => {
  let dir = ''
  let port = 0
  let registry: ChildProcess
  let client: RegistryClient
  let written: WrittenImage | undefined

  beforeAll(async () => {
    dir = await makeRoot()
    port = await freePort()
    const layers = [
      {
        compression: 'gzip' as const,
        entries: [
          { kind: 'file' as const, path: 'a/one', content: 'one' },
          { kind: 'file' as const, path: 'b', content: 'b'.repeat(500_000) },
        ],
      },
      {
        compression: 'zstd' as const,
        entries: [
          { kind: 'whiteout' as const, path: 'a/one' },
          { kind: 'file' as const, path: 'a/two', content: 'two' },
        ],
      },
    ]
    const platform = { os: 'linux', architecture: 'amd64' }
    written = (await writeLayout({ dir: path.join(dir, 'layout'), images: [{ name: 'demo', platform, layers }] }))[0]
    registry = await startRegistry(dir, port)
    const argv = [
      'copy',
      '--preserve-digests',
      '--dest-tls-verify=false',
      `oci:${dir}/layout:demo`,
      `docker://127.0.0.1:${port}/team/demo:1`,
    ]
    const pushed = spawnSync('skopeo', argv, { encoding: 'utf8', timeout: 30_000 })
    expect(pushed.stderr).toBe('')
    client = makeRegistryClient()
  })
  afterAll(async () => {
    client?.close()
    const ended = new Promise((resolve) => registry.once('exit', resolve))
    registry.kill()
    await ended
    await rm(dir, { recursive: true })
  })

  it('is found, pulled and unpacked', async () => {
    const signal = AbortSignal.timeout(20_000)
    const ref = parseReference(`oci://127.0.0.1:${port}/team/demo:1`)
    const image = await client.resolve(ref, { os: 'linux', architecture: 'amd64' }, signal)
    expect(image.digest).toBe(written?.digest)
    const root = path.join(dir, 'root')
    await mkdir(root)
    for (const layer of image.layers) await applyLayer({ client, ref, layer, target: makeGnuTarTarget(root), signal })
    expect(listTree(root)).toEqual(['a', 'a/two', 'b'])
  })

  it('that does not exist is told in the words of the registry', async () => {
    const ref = parseReference(`oci://127.0.0.1:${port}/team/demo:none`)
    await expect(client.inspect(ref, AbortSignal.timeout(20_000))).rejects.toMatchObject({
      code: 'image-not-found',
      details: { registry_code: 'MANIFEST_UNKNOWN', registry_message: 'manifest unknown' },
    })
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo // a listening TCP server has one
      server.close(() => resolve(port))
    })
  })
}

async function startRegistry(dir: string, port: number): Promise<ChildProcess> {
  const config = path.join(dir, 'registry.yml')
  const storage = `storage: { filesystem: { rootdirectory: ${dir}/registry } }`
  await writeFile(config, `version: 0.1\nlog: { level: warn }\n${storage}\nhttp: { addr: "127.0.0.1:${port}" }\n`)
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' })
  await waitForPort(port, AbortSignal.timeout(15_000))
  return child
}

async function waitForPort(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 20)) // the condition is polled
  }
}
