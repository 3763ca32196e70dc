import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../images/run.ts'
import { writeMetadata } from '../../scripts/agent/metadata-file.ts'
import { signFile } from '../../scripts/agent/minisign.ts'
import { openSigningKey } from '../../scripts/agent/signing-key.ts'

const buildAgent = join(import.meta.dirname, '../../scripts/build-agent.sh')

/** Builds the agent as an operator does, into `base` (INFINIBAY_BASE_DIR); another version replaces the one before. */
export async function placeAgent(base: string, version: string): Promise<void> {
  await run([buildAgent, '--base', base, '--target', 'linux-x64', '--no-packages', '--version', version])
}

/** Puts in its place a program that says its version and ends at once when it shall work, signed as ours: a broken release. */
export async function placeBrokenAgent(base: string, version: string): Promise<void> {
  const folder = join(base, 'infiniservice')
  const file = join(folder, 'binaries/linux/infiniservice')
  const { key } = await openSigningKey(join(base, 'signing.key'), false)
  const program = `#!/bin/sh\n[ "$1" = --version ] && echo ${version} && exit 0\nexit 1\n`
  await writeFile(`${file}.new`, program, { mode: 0o755 })
  await run(['mv', `${file}.new`, file])
  await run(['rm', '-f', `${file}.gz`, `${file}.zst`])
  const comment = `file:infiniservice\tversion:${version}\tplatform:linux\tarch:x64`
  await writeFile(`${file}.minisig`, await signFile(key, file, comment))
  await writeMetadata({ folder, at: new Date(), key, version })
}

/** What an answer file carries: the digests of script and agent, read where they were built. */
export async function readDigests(base: string): Promise<{ script: string; binary: string }> {
  const digest = async (path: string) =>
    createHash('sha256')
      .update(await readFile(join(base, 'infiniservice', path)))
      .digest('hex')
  return { script: await digest('install/install-linux.sh'), binary: await digest('binaries/linux/infiniservice') }
}
