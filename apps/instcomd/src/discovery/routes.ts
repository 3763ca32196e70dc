import type { Handlers } from '../http/handler.ts'
import type { DiscoveryService } from './service.ts'

/** `POST /api/discovery`. */
export function discoveryRoutes(service: DiscoveryService): Handlers {
  return { askDiscovery: async () => ({ nonce: await service.ask() }) }
}
