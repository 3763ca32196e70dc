import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LineSplitter } from '@slipway/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { handshakeAck } from './testing/talk.ts'

const main = join(import.meta.dirname, 'main.ts')
let folder: string

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'agent-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const config = (settings: object) => {
  const file = join(folder, 'config.json')
  writeFileSync(file, JSON.stringify(settings))
  return file
}

describe('the program', () => {
  it('shakes hands, answers a command, and leaves in order; its log names no machine', async () => {
    const device = join(folder, 'agent.socket')
    const seen: { type: string; id?: string }[] = []
    const host = createServer((socket) => {
      const splitter = new LineSplitter()
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        for (const split of splitter.push(bytes)) {
          if (!('line' in split)) continue
          const message = JSON.parse(split.line) as { type: string } // what our own program wrote
          seen.push(message)
          if (message.type !== 'handshake') continue
          const command = { type: 'SafeCommand', session: 's1', id: 'c1', command_type: { action: 'CheckDiskSpace' } }
          socket.write(`${JSON.stringify(handshakeAck('s1'))}\n${JSON.stringify(command)}\n`)
        }
      })
    })
    await new Promise<void>((resolve) => host.listen(device, resolve))
    const file = config({ device, state_dir: join(folder, 'state'), first_boot_file: join(folder, 'none') })
    const agent = spawn(process.execPath, [main, '--config', file], { env: { INFINIBAY_VM_ID: 'vm-secret-name' } })
    let log = ''
    agent.stdout.on('data', (bytes: Buffer) => (log += bytes.toString()))
    await vi.waitFor(() => expect(seen.find((message) => message.id === 'c1')).toMatchObject({ success: true }), {
      timeout: 20_000,
    })
    expect(seen[0]).toMatchObject({ type: 'handshake', vm_id: 'vm-secret-name', protocol: 2 })
    expect(seen.map((message) => message.type)).toContain('request_pending_scripts')
    agent.kill('SIGTERM')
    expect(await new Promise((resolve) => agent.once('exit', resolve))).toBe(0)
    expect(log).toContain('session with the host opened')
    expect(log).not.toContain('vm-secret-name')
    await new Promise((resolve) => host.close(resolve))
  })

  it('leaves with 2 for a wrong configuration and a wrong command line, and says what is wrong', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { INFINIBAY_VM_ID: 'vm' } })
    const wrong = run('--config', config({ log_level: 'loud' }))
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('log_level: it has to be one of')])
    expect(run('--nonsense').status).toBe(2)
    const version = run('--version')
    expect([version.status, version.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)])
  })
})
