import type { Command } from 'commander'
import { styleText } from 'node:util'
import { connect } from '../connect.ts'
import { print, printJson } from '../output/print.ts'

/** `slipway doctor`: the server's own checks, each failing one with its cure. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check multicast, ports, certificates, database and registries, and say what to fix')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { checks } = await connect().call('doctor', {})
      if (options.json) printJson({ checks })
      else for (const check of checks) printCheck(check)
      if (checks.some((check) => !check.ok)) process.exitCode = 1
    })
}

function printCheck(check: { name: string; ok: boolean; message: string; cure: string | null }): void {
  const word = check.ok ? 'ok  ' : 'FAIL'
  const mark = process.stdout.isTTY ? styleText(check.ok ? 'green' : 'red', word) : word
  print(`${mark} ${check.name}: ${check.message}`)
  if (!check.ok && check.cure) print(`     cure: ${check.cure}`)
}
