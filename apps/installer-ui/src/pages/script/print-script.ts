import type { Script } from '@slipway/protocol'
import { stringify } from 'yaml'

/** A script as the file that it could have come from: what is a default is left out. */
export function printScript(script: Script): string {
  const { name, description, tags, category, version, os, shell, inputs, execution } = script
  const file = {
    name,
    description,
    category,
    version,
    tags: tags.length > 0 ? tags : undefined,
    os,
    shell,
    inputs:
      inputs.length > 0 ? inputs.map((input) => ({ ...input, required: input.required || undefined })) : undefined,
    execution: isDefault(execution) ? undefined : execution,
    script: script.script,
  }
  return stringify(file, { lineWidth: 0, keepUndefined: false })
}

/** What the format means where a file says nothing of how to execute it (scripts.md). */
function isDefault({ timeout, run_as, retry_on_failure, max_retries }: Script['execution']): boolean {
  return timeout === 3600 && run_as === undefined && !retry_on_failure && max_retries === 0
}

export const newScript = `name: Say hello
description: Greets somebody
os: [linux]
shell: bash
inputs:
  - name: who
    type: text
    required: true
script: |
  echo "hello \${{ inputs.who }}"
`
