import { describe, expect, test } from 'vitest'
import { scriptEnvironment } from './script-environment.ts'
import { shellCommand } from './shell-command.ts'
import { parsePasswd } from './run-user.ts'
import { runKey } from './run-key.ts'
import { pendingScript } from './testing/recording-host.ts'

describe('shells', () => {
  test('bash and sh get unix lines and nothing but the file', () => {
    for (const shell of ['BASH', 'SH'] as const) {
      const command = shellCommand(shell, 'linux')
      expect(command.bytesOf('a\r\nb\rc\n').toString()).toBe('a\nb\rc\n')
      expect(command.argumentsFor('/x/script.sh')).toEqual(['/x/script.sh'])
    }
    expect([shellCommand('BASH', 'linux').programs, shellCommand('SH', 'linux').programs]).toEqual([['bash'], ['sh']])
  })

  test('PowerShell neither asks nor reads a profile, and knows on Windows that the text is UTF-8', () => {
    const windows = shellCommand('POWERSHELL', 'win32')
    expect(windows.programs[0]).toBe('powershell.exe')
    expect(windows.argumentsFor('C:\\x\\script.ps1').join(' ')).toBe(
      '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File C:\\x\\script.ps1',
    )
    expect(windows.bytesOf('"ü"\r\n').toString('hex')).toBe('efbbbf22c3bc220d0a')
    expect(windows.bytesOf('\uFEFF"ü"')).toEqual(windows.bytesOf('"ü"'))
    expect(shellCommand('POWERSHELL', 'linux').programs).toEqual(['pwsh'])
    expect(shellCommand('POWERSHELL', 'linux').bytesOf('"ü"').toString()).toBe('"ü"')
  })

  test('cmd keeps its lines as they are', () => {
    const command = shellCommand('CMD', 'win32')
    expect(command.bytesOf('echo a\r\n').toString()).toBe('echo a\r\n')
    expect(command.argumentsFor('C:\\script.cmd')).toEqual(['/d', '/q', '/c', 'C:\\script.cmd'])
  })
})

test('on Windows a script has the system’s variables and none of the agent’s', () => {
  process.env['INFINISERVICE_SECRET_FOR_TEST'] = 'x'
  const env = scriptEnvironment(pendingScript('execution-1', '', { env: { INPUT_X: '1' } }), null, 'mark')
  delete process.env['INFINISERVICE_SECRET_FOR_TEST']
  expect(env).toMatchObject({ INPUT_X: '1', INFINISERVICE_RUN: 'mark' })
  expect(env).not.toHaveProperty('INFINISERVICE_SECRET_FOR_TEST')
})

test('users are read from passwd lines, malformed ones are passed over', () => {
  const text = 'half:x\nbad:x:a:b:::\nann:x:1000:1001:Ann,,,:/home/ann:/bin/bash\nnohome:x:5:6:::\n'
  expect(parsePasswd(text, ({ name }) => name === 'ann')).toEqual({
    name: 'ann',
    uid: 1000,
    gid: 1001,
    home: '/home/ann',
  })
  expect(parsePasswd(text, ({ uid }) => uid === 5)).toMatchObject({ name: 'nohome', home: '/' })
  expect(parsePasswd(text, ({ name }) => name === 'bad')).toBeNull()
})

test('the directory of a run never leaves its place, whatever the id', () => {
  expect(runKey({ execution_id: '0a1b2c3d-uuid', attempt: 2 })).toBe('0a1b2c3d-uuid.2')
  for (const execution_id of ['../../etc', 'a/b', '.', 'con', 'UPPERCASE-ID', 'x'.repeat(128), 'nul\0byte', 'short'])
    expect(runKey({ execution_id, attempt: 1 })).toMatch(/^_[0-9a-f]{64}\.1$/)
  expect(runKey({ execution_id: 'ABCDEFGH', attempt: 1 })).not.toBe(runKey({ execution_id: 'abcdefgh', attempt: 1 }))
})
