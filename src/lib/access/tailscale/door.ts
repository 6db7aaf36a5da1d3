import { XopcError } from '../../errors/error.ts'
import { noteExposures } from '../../state/exposures.ts'
import { tailscaleSocket } from '../../state/store.ts'
import type { AccessContext } from '../access-method.ts'

/** What the door is for. */
export interface DoorWish {
  /** By which it is known: `https://home.ts.net`. */
  origin: string
  /** The port of last time; null for the first one. */
  port: number | null
  /** A socket that only Tailscale and this user can write to, so that what it says of its visitors can be believed. */
  socket: boolean
}

/** Opens the door that our entry leads to, and gives the target for Tailscale. Throws what opening throws. */
export async function openDoor(context: AccessContext, { origin, port, socket }: DoorWish): Promise<string> {
  if (socket) {
    const { path = '' } = await context.openIngress('tailscale', { kind: 'unix', path: tailscaleSocket(context.state), origins: [origin] })
    return `unix:${path}`
  }
  // At the port of last time, to which our entry may lead still, or at a free one where somebody has that now.
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
