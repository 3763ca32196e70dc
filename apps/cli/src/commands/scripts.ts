import { readdirSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Fault, isFault } from '@slipway/base'
import type { Client } from '@slipway/client'
import type { Command } from 'commander'
import { connect } from '../connect.ts'
import { print, printJson } from '../output/print.ts'
import { printScriptFindings } from '../output/print-script-findings.ts'
import { printTable } from '../output/print-table.ts'
import { findScript } from './find-script.ts'
import { readTextFile } from './read-text-file.ts'

const fileEndings = new Set(['.yaml', '.yml', '.json'])

/** `slipway scripts list|add|show|check|remove`. */
export function addScriptsCommands(program: Command): void {
  const scripts = program.command('scripts').description('the script library')
  scripts
    .command('list')
    .description('list scripts')
    .option('--tag <tag>', 'only those with this tag')
    .option('--json', 'print JSON')
    .action(async (options: { tag?: string; json?: boolean }) => {
      const query = { limit: 500, ...(options.tag ? { tag: options.tag } : {}) }
      const page = await connect().call('listScripts', { query })
      if (options.json) return printJson(page)
      if (page.items.length === 0) return print('No scripts yet. Add one with: slipway scripts add FILE')
      const rows = page.items.map((item) => [
        item.name,
        item.shell,
        item.os.join(' '),
        item.tags.join(' '),
        item.revision,
        item.id,
      ])
      print(printTable(['name', 'shell', 'os', 'tags', 'revision', 'id'], rows))
    })
  scripts
    .command('show <script>')
    .description('one script, by name or id')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { json?: boolean }) => {
      const script = await findScript(connect(), name)
      if (options.json) return printJson(script)
      print(
        printTable(
          ['name', 'shell', 'os', 'revision', 'id'],
          [[script.name, script.shell, script.os.join(' '), script.revision, script.id]],
        ),
      )
      if (script.description) print(`\n${script.description}`)
      if (script.inputs.length > 0) {
        const rows = script.inputs.map((input) => [
          input.name,
          input.type,
          input.required ? 'required' : '',
          String(input.default ?? ''),
          input.label ?? '',
        ])
        print(`\n${printTable(['input', 'type', 'needed', 'default', 'label'], rows)}`)
      }
      print(`\n${script.script}`)
    })
  scripts
    .command('add <path>')
    .description('save a script file, or all of a folder; those of a known name are saved anew')
    .action(async (path: string) => {
      const client = connect()
      const failed = []
      for (const file of filesOf(path)) if (!(await addFile(client, file))) failed.push(file)
      if (failed.length > 0) process.exitCode = 3
    })
  scripts
    .command('remove <script>')
    .description('remove a script that nothing waits for')
    .action(async (name: string) => {
      const client = connect()
      await client.call('removeScript', { params: { id: (await findScript(client, name)).id } })
    })
}

/** A folder's script files, in it and below, in order; a file is taken whatever its name. */
function filesOf(path: string): string[] {
  if (path === '-' || !isFolder(path)) return [path]
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) => fileEndings.has(extname(name).toLowerCase()) && !name.split('/').some((part) => part.startsWith('.')),
    )
    .sort()
  if (files.length === 0) throw new Fault('usage', `there is no .yaml, .yml or .json file in ${path}`)
  return files.map((name) => join(path, name))
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Saves one file and prints what became of it; false when it is not valid, so that a folder's others still are saved. */
async function addFile(client: Client, file: string): Promise<boolean> {
  const source = readTextFile(file)
  const { valid, script, findings } = await client.call('checkScript', { body: { source } })
  if (findings.length > 0) process.stderr.write(`${printScriptFindings(findings, file)}\n`)
  if (!valid || !script) return false
  const known = await findScript(client, script.name).catch((error: unknown) => {
    if (isFault(error, 'not-found')) return null
    throw error
  })
  const saved = known
    ? await client.call('changeScript', { params: { id: known.id }, body: { source } })
    : await client.call('addScript', { body: { source } })
  const what = known ? (known.sha256 === saved.sha256 ? 'unchanged' : `revision ${saved.revision}`) : 'added'
  print(`${saved.name}: ${what} (${saved.id})`)
  return true
}
