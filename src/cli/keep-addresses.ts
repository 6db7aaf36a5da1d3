import { bodyOf } from '../lib/client/call.ts'
import { PING_PATH } from '../lib/protocol/routes.ts'
import type { RemoteGateway } from '../lib/remote/remote-gateway.ts'

/** Where else it is, for the times when this address does not work. A gateway that does not say so has no others. Throws what the transport throws, and `NOT_XOPC_GATEWAY`. */
export async function keepAddresses({ transport, keepUrls }: Pick<RemoteGateway, 'transport' | 'keepUrls'>): Promise<void> {
  const { connectUrls } = Object(await bodyOf(await transport({ method: 'GET', path: PING_PATH }), ['ok'])) as { connectUrls?: unknown }
  if (Array.isArray(connectUrls)) await keepUrls(connectUrls.filter((url): url is string => typeof url === 'string'))
}
