import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@slipway/base'
import { afterAll, expect, test } from 'vitest'
import { loadConfiguration } from './load-configuration.ts'
import { readFlags } from './read-flags.ts'

const folders: string[] = []
afterAll(() => folders.forEach((path) => rmSync(path, { recursive: true })))

function load(file: string | null, options: { name?: string; env?: Record<string, string>; argv?: string[] } = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'slipway-configuration-'))
  folders.push(cwd)
  if (file !== null) writeFileSync(join(cwd, options.name ?? 'slipway.yaml'), file)
  return loadConfiguration({ flags: readFlags(options.argv ?? []), env: options.env ?? {}, cwd })
}

function refusal(run: () => unknown): Fault {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('the configuration was accepted')
}

const everything = `
server: { host: 127.0.0.1, port: 4100, machine_port: 4444, public_url: "https://slipway.example.com", data_dir: /srv/slipway }
database_url: postgresql://slipway@db.example.com/slipway
default_oci_registry: registry.example.com
discovery: { multicast_group: "239.255.255.250", port: 1900, timeout: 30s, interval: 1m30s, ttl: 1, targets: ["192.0.2.9:8443"], interface: lo }
machined: { default_port: 8443, connection_timeout: 60s, claim_timeout: 300s }
guests: { socket_dir: /srv/sockets, allow_legacy: true }
distribution: { allowed_networks: ["192.0.2.0/24"], require_token: true, listen: ["192.0.2.1:80"] }
scripts: { per_machine: 4, result_wait: 24h }
installation: { max_concurrent: 10, progress_interval: 5s, commit_timeout: 30m, log_level: warn }
tls: { cert_file: /c, key_file: /k, ca_file: /ca, verify_peer: true }
registries: { registry.example.com: { mirrors: [mirror.example.com], username: u, password_file: /p, insecure: false } }
`

test('every key of the published file is taken, durations in milliseconds', () => {
  const { configuration } = load(everything)
  expect(configuration.discovery).toMatchObject({ interval: 90_000, timeout: 30_000, interface: 'lo' })
  expect(configuration.installation).toEqual({
    max_concurrent: 10,
    progress_interval: 5000,
    commit_timeout: 1_800_000,
    log_level: 'warn',
  })
  expect(configuration.registries['registry.example.com']).toMatchObject({ username: 'u', insecure: false })
  expect(configuration.server.data_dir).toBe('/srv/slipway')
})

test('without a file the documented defaults hold, and each value says so', () => {
  const { configuration, sources } = load(null)
  expect(configuration.server).toMatchObject({ host: '127.0.0.1', port: 4000, machine_port: 4443, public_url: null })
  expect(configuration.machined.claim_timeout).toBe(300_000)
  expect(sources.get('server.port')).toBeUndefined()
})

test('flags win over the environment, the environment over the file, and each value knows where it came from', () => {
  const { configuration, sources } = load('server: { port: 1, machine_port: 2, host: "::1" }', {
    env: { PORT: '3', SLIPWAY_MACHINE_PORT: '4' },
    argv: ['--port', '5', '--set', 'discovery.interval=10s'],
  })
  expect(configuration.server).toMatchObject({ port: 5, machine_port: 4, host: '::1' })
  expect(configuration.discovery.interval).toBe(10_000)
  expect(sources.get('server.port')).toBe('flag --port')
  expect(sources.get('server.machine_port')).toBe('environment SLIPWAY_MACHINE_PORT')
  expect(sources.get('server.host')).toMatch(/slipway\.yaml$/)
})

test('every error is reported at once, each with line and column; unknown keys too', () => {
  const fault = refusal(() =>
    load(
      'server:\n  port: 99999\n  prot: 1\ndiscovery: { interval: often, multicast_group: 10.0.0.1 }\nextra: 1\ntls:\n  verify_peer: false\n',
      {
        env: { PORT: 'http' },
      },
    ),
  )
  expect(fault.code).toBe('configuration-invalid')
  const places = fault.message
    .split('\n')
    .slice(1)
    .map((line) => /(\d+:\d+): ([\w.]+)/.exec(line)?.slice(1).join(' ') ?? line.trim())
  expect(places.toSorted()).toEqual(
    [
      '2:9 server.port',
      '3:9 server.prot',
      '4:24 discovery.interval',
      '4:48 discovery.multicast_group',
      '5:8 extra',
      '7:16 tls.verify_peer',
      expect.stringContaining('environment: PORT'),
    ].toSorted(),
  )
})

test('text that is no YAML is reported with its place', () => {
  expect(refusal(() => load('server:\n  host: [\n')).message).toMatch(/slipway\.yaml:\d+:\d+/)
})

test('the published TOML block is read, and an installer-ui.yaml is found too', () => {
  const toml = load('[tls]\ncert_file = "/c.pem"\nkey_file = "/k.pem"\nverify_peer = true\n', { name: 'slipway.toml' })
  expect(toml.configuration.tls).toEqual({ cert_file: '/c.pem', key_file: '/k.pem', ca_file: null, verify_peer: true })
  expect(load('server: { port: 7 }', { name: 'installer-ui.yaml' }).configuration.server.port).toBe(7)
  expect(refusal(() => load('[tls]\n  cert = "x"\n', { name: 'slipway.toml' })).message).toContain(
    'slipway.toml:2:3: tls.cert',
  )
})

test('APP_HOST is what the server calls itself, never where it listens', () => {
  const { configuration } = load(null, { env: { APP_HOST: 'rack.example.com' } })
  expect(configuration.server).toMatchObject({ host: '127.0.0.1', public_url: 'http://rack.example.com:4000' })
})

test('an unknown flag is a usage error that shows the flags', () => {
  expect(refusal(() => readFlags(['--prot', '1']))).toMatchObject({
    code: 'usage',
    message: expect.stringContaining('--machine-port'),
  })
})
