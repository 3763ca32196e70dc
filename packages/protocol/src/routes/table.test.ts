import { describe, expect, it } from 'vitest'
import { permissions } from './route.ts'
import { routeSummaries } from './summaries.ts'
import { routes } from './table.ts'

const all = Object.entries(routes)

describe('the route table', () => {
  it.each(all)('%s names a permission and documents itself', (name, route) => {
    expect(permissions).toContain(route.permission)
    expect(Object.entries(routeSummaries).find(([key]) => key === name)?.[1] ?? '').not.toBe('')
  })

  it.each(all)('%s has a schema for exactly the parameters in its path', (_, route) => {
    const inPath = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1])
    const inSchema = 'params' in route ? Object.keys(route.params.shape) : []
    expect(inSchema).toEqual(inPath)
  })

  it('has no two routes with one method and path', () => {
    const keys = all.map(([, route]) => `${route.method} ${route.path.replace(/:\w+/g, ':')}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('leaves open only what api.md lists as open', () => {
    const open = all
      .filter(([, route]) => route.permission === 'open')
      .map(([, route]) => `${route.listener} ${route.path}`)
    expect(open.toSorted()).toEqual([
      'api /api/session',
      'api /health',
      'api /ready',
      'machine /api/agent/enroll',
      'machine /api/agent/renew',
      'machine /api/enroll',
      'machine /api/install/:id/booted',
    ])
  })
})
