/** How a Linux machine gets its agent from this server (docs/agent.md). */
export function installCommand(wish: {
  readonly origin: string
  readonly machine: string
  /** Where `distribution.require_token` is set. */
  readonly token?: string | undefined
}): string {
  const { origin, machine, token } = wish
  const download = token === undefined ? '' : `-H 'Authorization: Bearer ${token}' `
  const environment = token === undefined ? '' : ` INFINISERVICE_TOKEN=${token}`
  return `curl -so install-linux.sh ${download}${origin}/infiniservice/linux/script
sudo INFINISERVICE_URL=${origin}${environment} sh install-linux.sh normal ${machine}`
}
