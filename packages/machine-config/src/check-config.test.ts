import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { machineConfigSchema, type Finding } from '@slipway/protocol'
import { checkConfig, parseConfig } from './check-config.ts'
import { formatConfig } from './format/format-config.ts'
import { printConfig } from './print/print-config.ts'
import { readMarked } from './testing/finding-row.ts'
import { grammarRows } from './testing/grammar-rows.ts'
import { poolRows } from './testing/pool-rows.ts'
import { systemRows } from './testing/system-rows.ts'

const placed = (finding: Finding) => ({ ...finding, message: undefined, cure: undefined })
const rows = [...grammarRows, ...poolRows, ...systemRows]

describe('one mistake makes one finding, at its place', () => {
  it.each(rows.map((row, index) => ({ ...row, title: `${index} ${row.code}` })))('$title', (row) => {
    const { text, place } = readMarked(row.marked)
    const { findings, config, valid } = checkConfig(text)
    const severity = row.severity ?? 'error'
    expect(findings.map(placed)).toEqual([
      { severity, code: row.code, pointer: row.pointer, message: undefined, cure: undefined, ...place },
    ])
    expect(valid).toBe(severity !== 'error')
    for (const { message, cure } of findings) {
      expect(message).not.toBe('')
      expect(cure).not.toBe('')
    }
    if (config) machineConfigSchema.parse(config)
  })
})

const example = (name: string) => readFileSync(new URL(`../../../docs/examples/${name}`, import.meta.url), 'utf8')

describe('examples', () => {
  it.each(['mirror', 'raidz-log-pool', 'ext4', 'static-vlan', 'existing-pool'])(
    '%s.kdl is valid and canonical',
    (name) => {
      const text = example(`${name}.kdl`)
      expect(checkConfig(text)).toMatchObject({ valid: true, findings: [] })
      expect(formatConfig(text)).toEqual({ ok: true, value: text })
    },
  )

  it('a file with six mistakes has six findings with cures', () => {
    const { findings } = checkConfig(example('broken/six-mistakes.kdl'))
    expect(findings.map(({ code, line, column }) => `${line}:${column} ${code}`)).toEqual([
      '2:6 pool-name-reserved',
      '3:10 vdev-too-few-disks',
      '7:9 option-unknown',
      '8:16 option-value-illegal',
      '13:14 hostname-illegal',
      '15:46 address-is-broadcast',
    ])
    expect(findings[2]?.cure).toContain('Did you mean `compression`?')
  })

  it('the published sample is valid', () => {
    const { valid, findings, config } = checkConfig(published)
    expect(findings).toEqual([])
    expect(valid).toBe(true)
    expect(config?.pools.map(({ name, root }) => ({ name, root }))).toEqual([
      { name: 'rpool', root: true },
      { name: 'data', root: false },
    ])
  })
})

const published = `pool "rpool" {                       // the first pool, or the one with root=#true, holds the system
    vdev "mirror" { disks "c5t0d0" "c6t0d0" }
    options { compression "zstd"; ashift 12; autotrim #true }   // optional
}
pool "data" {
    vdev "raidz1" { disks "c7t0d0" "c7t1d0" "c7t2d0" }
    vdev "log"    { disks "c8t0d0" }
}
image "oci://registry.example.com/illumos/base:latest"          // exactly 1; a digest (…@sha256:…) pins it
boot-environment-name "be-2026"      // optional
sysconfig {                          // exactly 1
    hostname "machine-01"            // exactly 1
    nameserver "8.8.8.8"             // 0..n
    interface "net0" selector="mac:00:0c:29:3e:4f:50" {
        address name="primary" kind="static" "192.168.1.100/24"
        address name="v6" kind="addrconf"
    }
}
`

describe('versions', () => {
  it('reads the two spellings of KDL as one config', () => {
    const two = parseConfig(published)
    const config = two.ok ? two.value : undefined
    expect(config && parseConfig(printConfig(config, { kdl1: true }))).toEqual(two)
    expect(config && parseConfig(printConfig(config, { kdl1: true }).replace('/- kdl-version 1\n', ''))).toEqual(two)
  })

  it('obeys the marker rather than trying both', () => {
    const text = 'reboot true\n'
    expect(checkConfig(`/- kdl-version 2\n${text}`).findings[0]).toMatchObject({ code: 'syntax-error', line: 2 })
    expect(checkConfig(`/- kdl-version 1\n${text}`).config?.reboot).toBe(true)
    expect(checkConfig(text).config?.reboot).toBe(true)
  })

  it('says KDL v1 where a bare keyword breaks text of version 2', () => {
    const { findings, config } = checkConfig('reboot true\nagent #false\npool }')
    expect(config).toBeNull()
    expect(findings.length).toBe(2)
    expect(findings[0]?.cure).toContain('KDL v1')
  })

  it.each([
    ['raidz', 'raidz1'],
    ['raid-z', 'raidz1'],
    ['raid-z1', 'raidz1'],
    ['raidz1', 'raidz1'],
    ['raid-z2', 'raidz2'],
    ['raid-z3', 'raidz3'],
    ['debup', 'dedup'],
    ['dedup', 'dedup'],
  ])('reads vdev kind %s as %s', (written, kind) => {
    const text = published.replace('"log" ', `"${written}"`).replace('"c8t0d0"', '"a" "b" "c" "d"')
    expect(checkConfig(text).config?.pools[1]?.vdevs[1]?.kind).toBe(kind)
    expect(checkConfig(text).findings).toEqual([])
  })

  it.each([
    ['registry.example.com/base', undefined, 'oci://registry.example.com/base'],
    ['localhost:5000/base:1', undefined, 'oci://localhost:5000/base:1'],
    ['oci://registry/base', undefined, 'oci://registry/base'],
    ['base:latest', 'registry.example.com', 'oci://registry.example.com/base:latest'],
    ['illumos/base', 'https://registry.example.com/', 'oci://registry.example.com/illumos/base'],
    ['oci://[::1]:5000/base', undefined, 'oci://[::1]:5000/base'],
  ])('reads image %s with default %s as %s', (written, defaultRegistry, image) => {
    const text = published.replace('oci://registry.example.com/illumos/base:latest', written)
    const checked = checkConfig(text, defaultRegistry === undefined ? {} : { defaultRegistry })
    expect(checked.findings).toEqual([])
    expect(checked.config?.image).toBe(image)
  })
})
