import { XopcError } from '../../errors/error.ts'
import { noteExposures } from '../../state/exposures.ts'
import type { AccessContext } from '../access-method.ts'

/**
 * Opens the door that our entry leads to, on loopback: at the port of last time, or at a free one where somebody has that now. Gives the target
 * for Tailscale. Throws what opening throws.
 */
export async function openDoor(context: AccessContext, port: number | null, origin: string): Promise<string> {
  const { authorities } = await openAt(context, port ?? 0, origin).catch(async (error: unknown) => {
    if (port === null || !(error instanceof XopcError) || error.code !== 'PORT_IN_USE') throw error
    return await openAt(context, 0, origin)
  })
  const [authority = ''] = authorities
  const now = Number(authority.slice(authority.lastIndexOf(':') + 1))
  if (now !== port) await noteExposures(context.state, { tailscalePort: now })
  return `http://${authority}`
}

async function openAt({ openIngress }: AccessContext, port: number, origin: string) {
  return await openIngress('tailscale', { kind: 'tcp', hosts: ['127.0.0.1'], port, origins: [origin] })
}
