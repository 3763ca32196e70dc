import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFault, Fault } from '@slipway/base'
import type { Command } from 'commander'
import { runProgram } from '../child-program.ts'
import { connect } from '../connect.ts'

/** How long a medium's token is good, and for how many machines: the server's defaults, said when a medium is made. */
const tokenDays = 30
const tokenMachines = 1000

/** `slipway live-image build`: the recipe's own options, and the CA and a token of the server unless told otherwise. */
export function addLiveImageCommand(program: Command): void {
  const liveImage = program.command('live-image').description('the live environment that machines boot to be installed')
  liveImage
    .command('build')
    .description('build kernel, initramfs, ISO and iPXE script; the medium carries the server’s CA and a token')
    .argument('[options...]', 'see --help')
    .option('--no-enrolment', 'leave CA and token out: each machine then shows a code on its console')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[], options: { enrolment: boolean }) => {
      process.exitCode = await build(args, options.enrolment)
    })
}

async function build(args: readonly string[], withToken: boolean): Promise<number> {
  const carriesOwn = args.some((arg) => arg === '--enrolment' || arg.startsWith('--enrolment='))
  if (!withToken || carriesOwn || args.includes('--help')) return runProgram('live-image', args)
  const folder = mkdtempSync(join(tmpdir(), 'slipway-enrolment-'))
  try {
    const file = join(folder, 'enrolment.json')
    writeFileSync(file, JSON.stringify(await makeEnrolment()), { mode: 0o600 })
    process.stderr.write(
      `The medium will carry an enrolment token for ${tokenMachines} machines, valid for ${tokenDays} days: keep it as a secret.\n`,
    )
    return await runProgram('live-image', [...args, '--enrolment', file])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function makeEnrolment() {
  const body = { ttl_seconds: tokenDays * 86_400, max_machines: tokenMachines }
  try {
    const { token, ca_pem, instcomd } = await connect().call('createEnrolmentToken', { body })
    return { token, ca_pem, instcomd }
  } catch (cause) {
    if (!isFault(cause)) throw cause
    throw new Fault(
      cause.code,
      `no enrolment token for the medium: ${cause.message}. Without a server, build with --no-enrolment (machines then show a code) or --enrolment FILE`,
      { cause },
    )
  }
}
