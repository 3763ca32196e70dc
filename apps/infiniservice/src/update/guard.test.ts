import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TrialFiles } from './trial-files.ts'

const guard = join(import.meta.dirname, '../../packaging/infiniservice-guard')
let folder: string
let program: string
let bin: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guard-'))
  program = join(folder, 'infiniservice')
  writeProgram(program, 'echo old')
  // systemd must not be asked by a test: these stand for it and write down what they were told.
  bin = mkdtempSync(join(tmpdir(), 'guard-bin-'))
  writeProgram(join(bin, 'systemd-run'), `echo "systemd-run $*" >>${folder}/asked`)
  writeProgram(join(bin, 'systemctl'), `echo "systemctl $*" >>${folder}/asked`)
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  rmSync(bin, { recursive: true })
})

function writeProgram(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}

/** A start of the service: the guard, then the program; returns what the program said, or `crash`. */
function startService(): string {
  runGuard('start')
  try {
    return execFileSync(program, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'crash'
  }
}

function runGuard(verb: string): void {
  const env = { INFINISERVICE_PROGRAM: program, PATH: `${bin}:/usr/bin:/bin` }
  execFileSync('bash', [guard, verb], { env, stdio: ['ignore', 'pipe', 'ignore'] })
}

const asked = () => (existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8') : '')

function update(text: string): TrialFiles {
  const files = new TrialFiles(program, 'linux')
  writeProgram(files.staged, text)
  files.begin({ version: '2.0.0', from: '1.0.0' })
  return files
}

describe('the guard of the service', () => {
  it('does nothing without a trial', () => {
    expect(startService()).toBe('old')
    expect(asked()).toBe('')
  })

  it('takes back an update that crashes at every start', () => {
    update('exit 139')
    expect([startService(), startService(), startService(), startService()]).toEqual(['crash', 'crash', 'crash', 'old'])
    const files = new TrialFiles(program, 'linux')
    expect(files.readTrial()).toBeNull()
    expect(files.readReturned()).toEqual({
      version: '2.0.0',
      from: '1.0.0',
      reason: 'it did not stay up in 3 starts',
    })
    expect(startService()).toBe('old')
  })

  it('leaves a confirmed update alone', () => {
    const files = update('echo new')
    expect(startService()).toBe('new')
    files.confirm()
    for (let start = 0; start < 5; start += 1) expect(startService()).toBe('new')
    runGuard('expire')
    expect(startService()).toBe('new')
  })

  it('takes back an update whose time is over', () => {
    update('echo new')
    expect(startService()).toBe('new')
    expect(asked()).toContain(`--on-active=75 ${guard} expire`)
    runGuard('expire')
    expect(startService()).toBe('new') // the trial still runs
    const trial = readFileSync(`${program}.trial`, 'utf8')
    writeFileSync(`${program}.trial`, trial.replace(/until=\d+/, 'until=1'))
    runGuard('expire')
    expect(asked()).toContain('systemctl restart infiniservice.service')
    expect(startService()).toBe('old')
  })

  it('gives an update its time anew after a reboot, and its starts are still counted', () => {
    update('exit 1')
    startService()
    const trial = readFileSync(`${program}.trial`, 'utf8')
    writeFileSync(`${program}.trial`, trial.replace(/until=\d+/, 'until=1').replace(/boot=.*/, 'boot=another'))
    expect(startService()).toBe('crash')
    expect(readFileSync(`${program}.trial`, 'utf8')).toContain('starts=2')
  })

  it('uses the previous program when there is none', () => {
    update('echo new')
    rmSync(program)
    expect(startService()).toBe('old')
  })

  it('does not stand in the way when there is nothing to return to', () => {
    update('exit 1')
    rmSync(`${program}.previous`)
    for (let start = 0; start < 5; start += 1) expect(startService()).toBe('crash')
    expect(existsSync(`${program}.trial`)).toBe(false)
  })

  it('outlives a file that makes no sense', () => {
    writeFileSync(`${program}.trial`, 'starts=$(reboot)\nversion=`id`\n\u0000')
    expect(startService()).toBe('old')
    expect(readFileSync(`${program}.trial`, 'latin1')).toContain('starts=1\n')
  })
})
