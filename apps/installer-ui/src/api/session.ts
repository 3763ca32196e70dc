import type { Permission } from '@slipway/protocol'
import { useRoute } from './route-query.ts'

const order: readonly Permission[] = ['open', 'read', 'operate', 'administer']

/** Who is signed in. */
export function useSession() {
  return useRoute('getSession', {})
}

/** Whether whoever is signed in may do what needs this permission; while unknown, no. */
export function useMay(permission: Permission): boolean {
  const { data } = useSession()
  return data !== undefined && order.indexOf(data.principal.permission) >= order.indexOf(permission)
}
