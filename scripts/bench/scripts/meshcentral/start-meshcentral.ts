import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { freePorts } from '@slipway/testing'
import { z } from 'zod'
import { startChild, type Child } from '../child.ts'
import type { Contender } from '../contender.ts'
import { unlessAborted, until } from '../until.ts'
import { bringMeshCentral } from './bring-meshcentral.ts'
import { MeshControl } from './mesh-control.ts'

const login = { user: 'admin', password: 'Bench-password-1' }
const resultSchema = z.object({ result: z.string() })

/** MeshCentral and its own agent for Linux, both on loopback. */
export async function startMeshCentral(folder: string): Promise<Contender> {
  const program = await bringMeshCentral()
  mkdirSync(folder, { recursive: true })
  const [port = 0] = await freePorts(1)
  const server = startServer(program, folder, port)
  const stops: (() => void | Promise<void>)[] = [() => server.stop()]
  const stop = async () => {
    for (const each of stops.toReversed()) await each()
  }
  try {
    const url = `wss://127.0.0.1:${port}`
    await until('MeshCentral', server, () => (server.said().includes('HTTPS server running') ? true : null))
    const control = await MeshControl.connect(program, { url, ...login })
    stops.push(() => control.close())
    const settings = await fetchText(`${url}/meshsettings?id=${encodeURIComponent(await control.addGroup())}`)
    const agent = startAgent(program, join(folder, 'agent'), settings)
    stops.push(() => agent.stop())
    const node = await until('the agent of MeshCentral', agent, () => control.findNode())
    return makeContender({ program, control, node, agent, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

function startServer(program: string, folder: string, port: number): Child {
  const data = join(folder, 'data')
  mkdirSync(data)
  const settings = {
    cert: '127.0.0.1',
    WANonly: true,
    port,
    portBind: '127.0.0.1',
    redirPort: 0,
    mpsPort: 0,
    exactPorts: true,
    // Nothing may look for the internet.
    selfUpdate: false,
    agentTimeStampServer: false,
    autoBackup: false,
  }
  writeFileSync(join(data, 'config.json'), JSON.stringify({ settings, domains: { '': { newAccounts: false } } }))
  const argv = [process.execPath, join(program, 'meshcentral.js'), '--datapath', data, '--filespath', folder] as const
  const once = (args: readonly string[]) => execFileSync(argv[0], [...argv.slice(1), ...args], { stdio: 'ignore' })
  once(['--createaccount', login.user, '--pass', login.password])
  once(['--adminaccount', login.user])
  return startChild([...argv], { cwd: folder, group: true }) // its first process does not end the second
}

function startAgent(program: string, folder: string, settings: string): Child {
  mkdirSync(folder)
  const file = join(folder, 'meshagent')
  copyFileSync(join(program, 'agents/meshagent_x86-64'), file)
  chmodSync(file, 0o755)
  writeFileSync(`${file}.msh`, settings)
  return startChild([file, 'connect'], { cwd: folder, env: { HOME: folder } })
}

function makeContender(parts: {
  program: string
  control: MeshControl
  node: string
  agent: Child
  stop: () => Promise<void>
}): Contender {
  const { program, control, node, agent, stop } = parts
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(program, 'package.json'), 'utf8')))
  return {
    name: 'MeshCentral',
    title: `MeshCentral ${version} with its meshagent_x86-64, WebSocket over TLS on loopback`,
    commands: [
      'node meshcentral.js (WANonly, loopback); ./meshagent connect',
      'control.ashx: {"action":"runcommands","type":3,"reply":true,"cmds":"bash -c SCRIPT"} until the message with the result',
    ],
    agentPid: agent.pid,
    streams: true,
    async run(script, { signal, onOutput }) {
      if (onOutput) control.onConsole = onOutput
      const cmds = `bash -c '${script.replaceAll("'", `'\\''`)}'`
      const fields = { nodeids: [node], type: 3, runAsUser: 0, cmds, reply: true }
      const { result } = resultSchema.parse(await unlessAborted(control.call('runcommands', fields), signal))
      // It tells no exit code.
      return { exitCode: null, output: [result], truncated: false }
    },
    stop,
  }
}

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // Its certificate is its own.
    get(url.replace('wss:', 'https:'), { rejectUnauthorized: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(Buffer.concat(chunks).toString()))
    }).on('error', reject)
  })
}
