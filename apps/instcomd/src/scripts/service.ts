import { canonicalJson, Fault, makeId, sha256Hex } from '@slipway/base'
import type { Script, ScriptFile, ScriptFinding } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import { checkInputs } from './check-inputs.ts'
import { parseScript, type ParsedScript } from './parse-script.ts'
import { isValid } from './script-finding.ts'
import { scriptStore, type ScriptFilter } from './store.ts'

type Body = { readonly source: string } | ScriptFile

/** The script library: nothing that has an error is ever saved. */
export class ScriptService {
  readonly #context: AppContext

  constructor(context: AppContext) {
    this.#context = context
  }

  /** Throws `not-found`. Takes an id or a name. */
  async get(id: string): Promise<Script> {
    const script = await scriptStore.find(this.#context.database, id)
    if (script) return script
    throw new Fault('not-found', `there is no script ${id}; \`slipway scripts list\` shows the library`, {
      details: { script_id: id },
    })
  }

  list(filter: ScriptFilter): Promise<Script[]> {
    return scriptStore.list(this.#context.database, filter)
  }

  /** Checks a file and, with values, its inputs; saves nothing. */
  check(source: string, values: Readonly<Record<string, unknown>> | undefined): ParsedScript {
    const parsed = parseScript({ source })
    if (!parsed.script || values === undefined) return parsed
    const findings = [...parsed.findings, ...checkInputs(parsed.script, values).findings]
    return { ...parsed, valid: isValid(findings), findings }
  }

  /** Throws `script-invalid` with every finding, `conflict` for a name that is taken. */
  async add(body: Body, by: string): Promise<Script> {
    const script = validScript(body)
    const made = { id: makeId('scr'), script, sha256: await digest(script), by }
    const saved = await scriptStore.insert(this.#context.database, made)
    if (saved) return saved
    throw nameTaken(script.name)
  }

  async change(id: string, body: Body): Promise<Script> {
    const script = validScript(body)
    const sha256 = await digest(script)
    const before = await this.get(id)
    return this.#context.database.transaction(async (tx) => {
      if (await scriptStore.isNameTaken(tx, script.name, before.id)) throw nameTaken(script.name)
      const saved = await scriptStore.update(tx, { id: before.id, script, sha256 })
      if (saved) return saved
      throw new Fault('not-found', `script ${before.id} was removed meanwhile`)
    })
  }

  /** Throws `conflict` while executions or schedules need it. */
  async remove(id: string): Promise<void> {
    const script = await this.get(id)
    await this.#context.database.transaction(async (tx) => {
      const uses = await scriptStore.uses(tx, script.id)
      if (uses.executions + uses.schedules > 0)
        throw new Fault(
          'conflict',
          `script ${script.name} is needed by ${uses.executions} executions and ${uses.schedules} schedules; cancel and disable those first`,
          { details: uses },
        )
      await scriptStore.remove(tx, script.id)
    })
  }
}

function validScript(body: Body): ScriptFile {
  const { valid, script, findings } = parseScript(body)
  if (valid && script) return script
  throw invalidScript('the script is not valid', findings)
}

/** The `script-invalid` of a list of findings. */
export function invalidScript(what: string, findings: readonly ScriptFinding[]): Fault {
  const words = findings
    .filter(({ severity }) => severity === 'error')
    .slice(0, 5)
    .map(({ path, message }) => `${path || 'file'}: ${message}`)
  return new Fault('script-invalid', `${what}: ${words.join('; ')}`, { details: { findings } })
}

function nameTaken(name: string): Fault {
  return new Fault('conflict', `a script named “${name}” exists already; change that one, or choose another name`, {
    details: { name },
  })
}

function digest(script: ScriptFile): Promise<string> {
  return sha256Hex(new TextEncoder().encode(canonicalJson(script)))
}
