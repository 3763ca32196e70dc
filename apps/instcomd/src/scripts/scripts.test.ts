import { describe, expect, it } from 'vitest'
import { addMachine, addScript, runOn, startScriptStand } from '../script-executions/testing/script-stand.ts'
import { makeTestContext } from '../testing/make-test-context.ts'

const context = await makeTestContext()
const stand = await startScriptStand(context)
const { scripts } = stand
const source = (fields: object) => JSON.stringify({ os: ['linux'], shell: 'sh', script: 'true', ...fields })
const all = { q: undefined, tag: undefined, limit: 100, afterName: '' }

describe('the script library', () => {
  it('finds by id and name, lists by tag and words, in pages', async () => {
    const made = await scripts.add(
      { source: source({ name: 'Create user', tags: ['users'], description: 'Adds a person' }) },
      'ada',
    )
    await scripts.add({ source: source({ name: 'Disk' }) }, 'ada')
    expect(await scripts.get('Create user')).toEqual(made)
    expect(await scripts.get(made.id)).toEqual(made)
    expect((await scripts.list({ ...all, tag: 'users' })).map(({ name }) => name)).toEqual(['Create user'])
    expect((await scripts.list({ ...all, q: 'PERSON' })).map(({ name }) => name)).toEqual(['Create user'])
    expect((await scripts.list({ ...all, afterName: 'Create user' })).map(({ name }) => name)).toEqual(['Disk'])
    await expect(scripts.get('nobody')).rejects.toMatchObject({ code: 'not-found' })
  })

  it('counts revisions by content, and keeps names unique', async () => {
    const made = await addScript(stand, { name: 'Once' })
    const same = await scripts.change(made.id, {
      source: source({ name: 'Once', shell: 'bash', script: 'echo hello' }),
    })
    expect(same.revision).toBe(1)
    expect((await scripts.change(made.id, { source: source({ name: 'Once', script: 'false' }) })).revision).toBe(2)
    await expect(scripts.add({ source: source({ name: 'Once' }) }, 'ada')).rejects.toMatchObject({ code: 'conflict' })
    await expect(scripts.change(made.id, { source: source({ name: 'Disk' }) })).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  it('saves nothing with an error, and tells all findings', async () => {
    const broken = source({ name: 'Broken', shell: 'cmd', script: 'echo ${{ inputs.x }}' })
    await expect(scripts.add({ source: broken }, 'ada')).rejects.toMatchObject({
      code: 'script-invalid',
      details: { findings: [{ code: 'shell-missing' }, { code: 'reference-unknown' }] },
    })
    expect(scripts.check(broken, undefined)).toMatchObject({ valid: false })
    const needs = source({ name: 'Needs', inputs: [{ name: 'a', type: 'number', required: true }] })
    expect(scripts.check(needs, undefined).valid).toBe(true)
    expect(scripts.check(needs, { a: 'x' }).findings).toMatchObject([{ code: 'input-invalid' }])
  })

  it('removes no script that something waits for', async () => {
    const made = await addScript(stand)
    const id = await runOn(stand, made, await addMachine(context, 'library'))
    await expect(scripts.remove(made.id)).rejects.toMatchObject({
      code: 'conflict',
      details: { executions: 1, schedules: 0 },
    })
    await stand.executions.cancel(id, 'ada')
    await scripts.remove(made.id)
    expect((await stand.executions.get(id)).script_name).toBe(made.name)
  })
})
