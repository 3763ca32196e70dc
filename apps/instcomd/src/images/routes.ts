import { Fault } from '@slipway/base'
import type { Inventory } from '@slipway/protocol'
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
      refuseOtherPlatforms(body.reference, platforms, inventory)
      return { reference: body.reference, digest, media_type, bytes, platforms, fits: true }
    },
  }
}

/** The same word that a plan would get: an image without the machine's platform is an error, not a detail of the answer. */
function refuseOtherPlatforms(
  reference: string,
  platforms: readonly { os: string; architecture: string }[],
  machine: Pick<Inventory, 'machine_id' | 'platform' | 'architecture'>,
): void {
  if (platforms.some(({ os, architecture }) => os === machine.platform && architecture === machine.architecture)) return
  const wanted = `${machine.platform}/${machine.architecture}`
  const available = platforms.map(({ os, architecture }) => `${os}/${architecture}`).join(', ') || 'none'
  throw new Fault(
    'image-platform-missing',
    `${reference} has no variant for ${wanted} of machine ${machine.machine_id}, only ${available}; choose another image or machine`,
    { details: { wanted, available } },
  )
}
