import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import { afterAll, expect, test } from 'vitest'
import { SocketFolder } from './socket-folder.ts'

const base = await mkdtemp(join(tmpdir(), 'slipway-folder-'))
afterAll(() => rm(base, { recursive: true, force: true }))

async function listen(path: string): Promise<() => void> {
  const server = createServer((socket) => socket.end('hello'))
  server.listen(path)
  await once(server, 'listening')
  return () => server.close()
}

test('only sockets with a machine’s name are found; other files are told with the reason', async () => {
  const path = join(base, 'odd')
  await mkdir(path)
  const close = [
    await listen(join(path, 'vm-1.socket')),
    await listen(join(path, '..bad.socket')),
    await listen(join(path, 'other.sock')),
  ]
  await writeFile(join(path, 'file.socket'), '')
  const folder = new SocketFolder(path, silentLogger)
  const found = await folder.look()
  expect([...(found?.ids ?? [])]).toEqual(['vm-1'])
  expect(Object.fromEntries(found?.odd ?? [])).toEqual({
    '..bad': expect.stringContaining('no machine id'),
    file: 'the file is not a socket',
  })
  close.forEach((end) => end())
  await folder.stop()
})

test('a path that is too long for a socket’s address is connected through the open folder', async () => {
  const path = join(base, 'x'.repeat(90))
  await mkdir(path)
  const folder = new SocketFolder(path, silentLogger)
  await folder.look()
  const short = folder.socketPath('2b5e7b3c-3a6b-4d5e-9f00-0123456789ab') ?? ''
  expect(join(path, '2b5e7b3c-3a6b-4d5e-9f00-0123456789ab.socket').length).toBeGreaterThan(107)
  const close = await listen(short)
  const socket = connect(short)
  expect(String((await once(socket, 'data'))[0])).toBe('hello')
  expect((await folder.look())?.ids.size).toBe(1)
  expect(folder.socketPath('y'.repeat(120))).toBeNull()
  close()
  await folder.stop()
})

test('a folder that is made later, and every change in it, is noticed', async () => {
  const path = join(base, 'later', 'sockets')
  const folder = new SocketFolder(path, silentLogger)
  const looks: number[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  folder.start(() => {
    void folder.look().then((found) => {
      looks.push(found?.ids.size ?? -1)
      if (found?.ids.size === 1) resolve()
    })
  })
  while (looks.length === 0) await new Promise((done) => setTimeout(done, 10))
  const close = await listen(join(path, 'vm-2.socket'))
  await promise
  close()
  await folder.stop()
})
