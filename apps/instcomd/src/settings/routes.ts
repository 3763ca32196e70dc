import type { Configuration } from '../configuration/configuration.ts'
import type { Sources } from '../configuration/load-configuration.ts'
import type { Handlers } from '../http/handler.ts'

/** `GET /api/settings`. */
export function settingsRoutes(configuration: Configuration, sources: Sources): Handlers {
  const settings = listSettings(configuration, sources)
  return { settings: () => Promise.resolve({ settings }) }
}

/** Every value in force by its dotted key, with where it comes from; secrets masked. */
export function listSettings(
  configuration: Configuration,
  sources: Sources,
): { key: string; value: unknown; source: string }[] {
  return Object.entries(configuration).flatMap(([section, value]) => {
    if (section === 'database_url') return [setting(section, maskUrl(configuration.database_url), sources)]
    if (section === 'registries' || typeof value !== 'object' || value === null)
      return [setting(section, value, sources)]
    return Object.entries(value).map(([key, one]) => setting(`${section}.${key}`, one, sources))
  })
}

function setting(key: string, value: unknown, sources: Sources) {
  return { key, value, source: sources.get(key) ?? 'default' }
}

/** User and host help, the password does not. */
function maskUrl(url: string | null): string | null {
  if (url === null) return null
  try {
    const parsed = new URL(url)
    if (parsed.password !== '') parsed.password = '***'
    for (const key of parsed.searchParams.keys()) if (/password/i.test(key)) parsed.searchParams.set(key, '***')
    return parsed.toString()
  } catch {
    return '***' // a form that URL does not know may hold a password anywhere
  }
}
