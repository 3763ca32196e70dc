import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Qmp } from './qmp.ts'

let folder: string
let server: Server
let peer: Socket | null
/** What QEMU would say to each command; lines as QEMU 7.2 printed them. */
const answers: Record<string, (id: number) => string> = {
  qmp_capabilities: (id) => `{"return": {}, "id": ${id}}`,
  'query-status': (id) => `{"return": {"status": "running", "singlestep": false, "running": true}, "id": ${id}}`,
  eject: (id) => `{"id": ${id}, "error": {"class": "GenericError", "desc": "Device 'cd' not found"}}`,
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-qmp-'))
  server = createServer((socket) => {
    peer = socket
    socket.write('{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}\r\n')
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n')) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number }
        socket.write(`${answers[execute]?.(id)}\r\n`)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve))
})
afterEach(() => {
  peer?.destroy()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a command gets its own answer', async () => {
  const qmp = await Qmp.open(join(folder, 's'))
  await expect(qmp.call('query-status')).resolves.toMatchObject({ status: 'running' })
  qmp.close()
})

test('a refusal carries QEMU’s words', async () => {
  const qmp = await Qmp.open(join(folder, 's'))
  await expect(qmp.call('eject', { device: 'cd' })).rejects.toThrow("QEMU refuses eject: Device 'cd' not found")
  qmp.close()
})

test('events reach whoever listens until they stop listening', async () => {
  const qmp = await Qmp.open(join(folder, 's'))
  const names: string[] = []
  const stop = qmp.onEvent((event) => names.push(event.name))
  const event = '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "RESET", "data": {"guest": true}}\r\n'
  peer?.write(event)
  await qmp.call('query-status') // answered behind the event on the same connection
  stop()
  peer?.write(event)
  await qmp.call('query-status')
  expect(names).toEqual(['RESET'])
  qmp.close()
})
