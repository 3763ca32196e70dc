import type { AppContext } from '../app-context.ts'
import type { GuestLink } from './guest-link.ts'
import { openSecrets, sealSecrets } from './guest-secrets.ts'
import { guestStore } from './guest-store.ts'
import type { LinkKeeper } from './link-keeper.ts'

/**
 * After a handshake: the secrets older than the one that signed it are forgotten, and a newer one is handed over. Until a
 * handshake with it arrives, both are accepted.
 */
export async function settleSecrets(
  context: AppContext,
  keeper: Pick<LinkKeeper, 'refresh'>,
  link: GuestLink,
): Promise<void> {
  const { signedWith } = link
  if (signedWith === null || link.identity.secrets.indexOf(signedWith) <= 0) return link.offerSecret()
  await forgetOlder(context, link.machineId, signedWith)
  await keeper.refresh([link.machineId])
  context.logger.info({ machine_id: link.machineId }, 'The agent has its new shared secret; the older is forgotten')
}

async function forgetOlder({ database, secrets }: AppContext, machineId: string, signedWith: string): Promise<void> {
  await database.transaction(async (tx) => {
    const known = openSecrets(secrets, machineId, await guestStore.lockSecrets(tx, machineId))
    const left = known.slice(Math.max(0, known.indexOf(signedWith)))
    await guestStore.writeSecrets(tx, machineId, sealSecrets(secrets, machineId, left))
  })
}
