import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { lastWords, startInBackground, type BackgroundProcess } from './background-process.ts'

const execute = promisify(execFile)

/** Debian's docker-registry, serving plain HTTP. */
export interface DockerRegistry {
  /** `address:port`, as it stands in image references. */
  readonly host: string
  /** Copies an image out of an OCI layout; returns its reference. */
  push(layout: string, tag: string, repository: string): Promise<string>
  readonly process: BackgroundProcess
  stop(): Promise<void>
}

/** Starts a registry on `host`; `inside` runs it (and pushes to it) in a network namespace. */
export async function startDockerRegistry(options: {
  folder: string
  host: string
  inside: (argv: readonly string[]) => [string, ...string[]]
}): Promise<DockerRegistry> {
  const { folder, host, inside } = options
  const config = join(folder, 'registry.yml')
  const storage = join(folder, 'registry')
  mkdirSync(storage, { recursive: true })
  writeFileSync(config, configuration(storage, host))
  const argv = inside(['docker-registry', 'serve', config])
  const process = await startInBackground('docker-registry', argv, { log: join(folder, 'registry.log') })
  await waitUntilServing(process, inside(['bash', '-c', `: </dev/tcp/${host.replace(':', '/')}`]))
  return {
    host,
    process,
    push: async (layout, tag, repository) => {
      const target = `${host}/${repository}:${tag}`
      const copy = [
        'skopeo',
        'copy',
        '--quiet',
        '--dest-tls-verify=false',
        `oci:${layout}:${tag}`,
        `docker://${target}`,
      ]
      const [program, ...rest] = inside(copy)
      await execute(program, rest)
      return `oci://${target}`
    },
    stop: () => process.stop(),
  }
}

function configuration(storage: string, host: string): string {
  const settings = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: storage } },
    http: { addr: host },
  }
  return JSON.stringify(settings) // YAML reads JSON
}

async function waitUntilServing(registry: BackgroundProcess, probe: readonly [string, ...string[]]): Promise<void> {
  const [program, ...rest] = probe
  for (const end = Date.now() + 20_000; Date.now() < end; await delay(100)) {
    if (!registry.isRunning()) break
    const open = await execute(program, rest).then(
      () => true,
      () => false,
    )
    if (open) return
  }
  throw new Error(`docker-registry does not serve:\n${lastWords(registry)}`)
}
