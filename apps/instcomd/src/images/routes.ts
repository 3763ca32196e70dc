import type { Handlers } from '../http/handler.ts'
import type { MachineService } from '../machines/service.ts'
import type { ImageService } from './service.ts'

/** `POST /api/images/check`. */
export function imageRoutes(images: ImageService, machines: MachineService): Handlers {
  return {
    async checkImage({ body, signal }) {
      const summary = await images.inspect(body.reference, signal)
      const { digest, media_type, bytes } = summary
      const platforms = summary.platforms.map((platform) => ({ ...platform }))
      if (body.machine_id === undefined)
        return { reference: body.reference, digest, media_type, bytes, platforms, fits: null }
      const inventory = await machines.lastInventory(await machines.get(body.machine_id), {
        maxAgeMs: Infinity,
        signal,
      })
      const fits = platforms.some(
        ({ os, architecture }) => os === inventory.platform && architecture === inventory.architecture,
      )
      return { reference: body.reference, digest, media_type, bytes, platforms, fits }
    },
  }
}
