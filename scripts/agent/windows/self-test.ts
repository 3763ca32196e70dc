// Compiled for Windows and run by windows.wine.ts: does what the agent does to run a CMD script, and prints what came of it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shellCommand } from '../../../apps/infiniservice/src/scripts/shell-command.ts'

const command = shellCommand('CMD', process.platform)
const folder = mkdtempSync(join(tmpdir(), 'self-test-'))
const file = join(folder, command.fileName)
writeFileSync(file, command.bytesOf('@echo off\r\necho said "%NAME%"\r\necho wrong 1>&2\r\nexit /b 7\r\n'))
const [program = ''] = command.programs
const env = { ...process.env, NAME: 'a & b' }
const done = spawnSync(program, command.argumentsFor(file), { env, encoding: 'utf8' })
rmSync(folder, { recursive: true })
const digest = createHash('blake2b512').update('x').digest('hex').slice(0, 8)
const result = { platform: process.platform, code: done.status, stdout: done.stdout, stderr: done.stderr, digest }
console.log(JSON.stringify(result))
