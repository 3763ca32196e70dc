import type { SafeAction } from '@slipway/protocol'
import { existsSync } from 'node:fs'
import { arch, platform } from 'node:os'
import type { MetricsCollector } from '../metrics/metrics-collector.ts'
import { refuse, type CommandAnswer } from './command-answer.ts'
import { checkHealth, judgeDisks, worstOf } from './health-checks.ts'
import { installPackage, listPackages, removePackage } from './package-actions.ts'
import { reboot, type StartDetached } from './reboot.ts'
import { runCommand } from './run-command.ts'
import type { SafeCommandArguments } from './safe-command-arguments.ts'
import { controlService } from './service-actions.ts'

export interface ActionContext {
  readonly signal: AbortSignal
  readonly collector: MetricsCollector
  readonly startDetached: StartDetached
}

type ActionTable = {
  readonly [A in SafeAction]: (fields: SafeCommandArguments<A>, context: ActionContext) => Promise<CommandAnswer>
}

/** What each action does; an action without a function does not compile. */
export const safeActionTable: ActionTable = {
  async ServiceList(_fields, context) {
    const { services } = await measure(context, true)
    if (!services) return refuse('unsupported', 'this machine does not run systemd, so its services cannot be listed')
    return { data: { services } }
  },
  ServiceControl: (fields, { signal }) => controlService(fields, signal),
  PackageList: (fields, { signal }) => listPackages(fields, signal),
  PackageInstall: (fields, { signal }) => installPackage(fields, signal),
  PackageRemove: (fields, { signal }) => removePackage(fields, signal),
  async ProcessList({ limit = 100 }, context) {
    const { processes = [] } = await measure(context, true)
    return { data: { processes: processes.slice(0, limit) } }
  },
  ProcessKill: killProcess,
  async SystemInfo(_fields, context) {
    const { system, cpu, memory } = await measure(context, false)
    const facts = { platform: platform(), arch: arch(), cpu_count: cpu.cores_usage.length }
    return { data: { ...system, ...facts, memory } }
  },
  async CheckDiskSpace({ warning_percent = 80, critical_percent = 90 }, context) {
    const { disk } = await measure(context, false)
    const disks = judgeDisks(disk.usage_stats, { warning: warning_percent, critical: critical_percent })
    return { data: { status: worstOf(disks), disks } }
  },
  async RunAllHealthChecks(_fields, context) {
    // Debian and its children leave this file (update-notifier, unattended-upgrades).
    const checks = checkHealth(await measure(context, true), existsSync('/run/reboot-required'))
    return { data: { status: worstOf(checks), checks } }
  },
  Reboot: (_fields, { startDetached }) => Promise.resolve(reboot(startDetached)),
}

async function measure({ collector, signal }: ActionContext, withProcesses: boolean) {
  return (await collector.collect({ withProcesses, signal })).system
}

/** A process id below 2 would mean every process (kill(2)) or init; the schema refuses it. */
async function killProcess(
  { pid, force = false }: SafeCommandArguments<'ProcessKill'>,
  { signal }: ActionContext,
): Promise<CommandAnswer> {
  if (pid === process.pid) return refuse('conflict', `${pid} is the agent itself; restart its service instead`)
  if (process.platform === 'win32')
    return runCommand(['taskkill.exe', '/PID', String(pid), ...(force ? ['/F'] : [])], { signal })
  try {
    process.kill(pid, force ? 'SIGKILL' : 'SIGTERM')
    return { exit_code: 0, data: { pid, signal: force ? 'SIGKILL' : 'SIGTERM' } }
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ESRCH'
    if (gone) return refuse('not-found', `no process has the number ${pid}`)
    return refuse('not-permitted', `the process ${pid} cannot be signalled: ${String(error)}`)
  }
}
