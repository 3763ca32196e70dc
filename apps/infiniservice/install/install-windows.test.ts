// PowerShell does not run here: these rules read the script as text. They find what a reviewer would; they prove no behaviour.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkBalance, stripPowershell, withoutInterpolation } from './testing/powershell-text.ts'

const script = readFileSync(join(import.meta.dirname, 'install-windows.ps1'), 'utf8')
const code = stripPowershell(script)

describe('install-windows.ps1 (read as text, not run)', () => {
  it('closes every brace, parenthesis, bracket and quote', () => {
    expect(checkBalance(script)).toBeNull()
    expect(checkBalance("if ($a) { 'it''s' }")).toBeNull()
    expect(checkBalance('if ($a) { "x" ')).toMatch('{ of line 1')
    expect(checkBalance("$a = 'x")).toMatch('string of line 1')
    expect(checkBalance('foo)')).toMatch(') of line 1')
  })

  it('is strict, stops at errors, and takes the published parameters', () => {
    expect(code).toContain('Set-StrictMode -Version 3.0')
    expect(script).toContain("$ErrorActionPreference = 'Stop'")
    expect(script).toMatch(/\[ValidateSet\('normal'\)\]\[string\]\$ServiceMode/)
    expect(script).toMatch(/\[string\]\$VmId/)
  })

  it('calls commands by their full names, and nothing that runs text', () => {
    const words = code.match(/(?<=^|[|({;=]\s*)[a-z?%][\w-]*(?=\s|$)/gim) ?? []
    const aliases =
      'ac cat cd copy cp curl del dir echo erase gc gci gi gp gsv iex irm iwr kill ls md mkdir move mv ni ren ri rm rmdir sc select set sleep sort sp start tee type wget where % ?'
    expect(words.filter((word) => aliases.split(' ').includes(word.toLowerCase()))).toEqual([])
    expect(code).not.toMatch(/Invoke-Expression|\bIEX\b|ScriptBlock\]::Create|Add-Type|-EncodedCommand|DownloadString/i)
  })

  it('uses nothing that Windows PowerShell 5.1 lacks', () => {
    expect(code).not.toMatch(/\?\?|\?\.|&&|\|\||-Parallel|ForEach-Object -Parallel| \? .* : /)
    expect(script).toMatch(/^[\x09\x0A\x20-\x7E]*$/)
  })

  it.each([
    'C:\\Temp\\InfiniService',
    'C:\\Windows\\Temp\\infiniservice_install.log',
    'C:\\Windows\\Temp\\infiniservice_download.log',
    '$env:ProgramFiles',
    "'INFINIBAY_VM_ID'",
    "'Infiniservice'",
    'EventLog\\Application\\Infiniservice',
    'INFINISERVICE_SHARED_SECRET',
    'INFINISERVICE_SHA256',
  ])('knows %s', (literal) => {
    expect(script).toContain(literal)
  })

  it('defines every function that it calls, and calls every one that it defines', () => {
    const defined = [...code.matchAll(/^function ([\w-]+)/gm)].map((match) => match[1] ?? '')
    for (const name of defined) expect(code.split(new RegExp(`\\b${name}\\b`)).length).toBeGreaterThan(2)
    const cmdlets = new Set(
      `Add-Content ConvertFrom-Json Copy-Item Get-Command Get-Content Get-FileHash Get-Service Invoke-WebRequest Join-Path New-Item
       New-Object New-Service Out-Null Remove-Item Select-Object Set-Content Set-ItemProperty Set-Service Set-StrictMode Start-Service
       Start-Sleep Stop-Service Test-Path Where-Object Write-Host Write-Warning`.split(/\s+/),
    )
    const called = code.match(/\b[A-Z][a-z]+-[A-Z][A-Za-z]+\b/g) ?? []
    expect([...new Set(called)].filter((name) => !cmdlets.has(name) && !defined.includes(name))).toEqual([])
  })

  it('assigns every variable that it reads', () => {
    const automatic = ['_', 'true', 'false', 'null', 'PSScriptRoot', 'LASTEXITCODE']
    const text = withoutInterpolation(script)
    const read = [...text.matchAll(/\$(\w+)(?![\w:])/g)].map((match) => match[1] ?? '')
    const assigned = [...text.matchAll(/\$(\w+)(?=\s*=|\s+in\b|[,)]|\s*\n\))/g)].map((match) => match[1] ?? '')
    const known = new Set([...automatic, ...assigned])
    expect([...new Set(read)].filter((name) => !known.has(name))).toEqual([])
  })

  it('never writes the VM id or the secret to its logs', () => {
    const logs = script.split('\n').filter((line) => line.includes('Write-Log'))
    expect(logs.filter((line) => /VmId|SECRET|TOKEN/.test(line))).toEqual([])
  })
})
