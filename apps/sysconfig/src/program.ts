import { faultTable, isFault, toFault, type Fault, type Logger } from '@slipway/base'
import { firstBootPath } from '@slipway/host'
import { apply, printReport } from './apply.ts'
import { makeBootedMachine } from './booted-machine.ts'
import { parseCommandLine, usage, type CommandLine } from './command-line.ts'
import { reportFirstBoot } from './report-first-boot.ts'
import { printShown, show } from './show.ts'

/** What the program writes to and is stopped by. */
export interface ProgramOptions {
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/**
 * A boot environment on trial that nobody confirms goes back by itself (machines.md, "Installations"); as long as
 * `installation.commit_timeout` is by default, and then a reset, because only a reset leaves it.
 */
const trialMs = 30 * 60_000

/** Runs the program and returns its exit code; never throws. */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<number> {
  let json = argv.includes('--json')
  try {
    const commandLine = parseCommandLine(argv)
    json = commandLine.json
    await runCommand(commandLine, options)
    return 0
  } catch (error) {
    const fault = toFault(error)
    if (json)
      options.out(
        `${JSON.stringify({ error: { code: fault.code, message: fault.message, details: fault.details } })}\n`,
      )
    else options.err(`sysconfig: ${fault.message}\n${fault.code === 'usage' ? `\n${usage}` : ''}`)
    return faultTable[fault.code].exit
  }
}

async function runCommand(commandLine: CommandLine, options: ProgramOptions): Promise<void> {
  if (commandLine.command === 'help') return options.out(usage)
  if (commandLine.command === 'show') {
    const shown = await show(commandLine, options)
    return options.out(commandLine.json ? `${JSON.stringify(shown)}\n` : printShown(shown))
  }
  const failure = await applyAndPrint(commandLine, options)
  // A system that is up is reported even when a part of its config could not be applied; the failure is told after.
  if (commandLine.report && !commandLine.dryRun) await reportOrReturn(options)
  if (failure) throw failure
}

async function applyAndPrint(commandLine: CommandLine, options: ProgramOptions): Promise<Fault | null> {
  try {
    const report = await apply(commandLine, options)
    options.out(commandLine.json ? `${JSON.stringify(report)}\n` : printReport(report, commandLine.dryRun))
    return null
  } catch (error) {
    if (!isFault(error)) throw error
    options.logger.error({ code: error.code, error: error.message }, 'the config could not be applied')
    return error
  }
}

async function reportOrReturn(options: ProgramOptions): Promise<void> {
  const machine = await makeBootedMachine(options.logger)
  const running = await machine.control.running()
  const onTrial = running !== null && (await machine.control.isOnTrial(running, options.signal))
  const signal = onTrial ? AbortSignal.any([options.signal, AbortSignal.timeout(trialMs)]) : options.signal
  try {
    await reportFirstBoot({ path: firstBootPath, machine, logger: options.logger, signal })
  } catch (error) {
    if (!onTrial || options.signal.aborted) throw error
    options.logger.error(
      { error: toFault(error).message },
      'nobody confirmed this boot environment; going back to the one before',
    )
    await machine.control.restart(options.signal)
  }
}
