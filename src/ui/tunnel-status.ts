import { useEffect, useRef, useState } from 'preact/hooks'
import type { ConfigView } from '../lib/protocol/http-api.ts'
import type { TunnelStatus } from '../lib/protocol/tunnel-api.ts'
import { useHouse, useSight } from './context.ts'
import { followed, type TrailStep } from './tunnel-trail.ts'

/** What is known of the public tunnel. */
export interface TunnelSight {
  status: TunnelStatus
  /** The steps of the start that is going on, or that failed last. */
  trail: readonly TrailStep[]
}

/** The public tunnel now, and again after each change; null before the first answer, with why there is none. */
export function useTunnel(): { sight: TunnelSight | null; error: unknown } {
  const { gateway } = useHouse()
  const { seenAt } = useSight()
  const turn = useRef(0)
  const [sight, setSight] = useState<TunnelSight | null>(null)
  const [error, setError] = useState<unknown>(null)
  const take = (status: TunnelStatus): void => {
    turn.current++
    setError(null)
    setSight((before) => ({ status, trail: followed(before?.trail ?? [], status) }))
  }
  useEffect(
    () =>
      gateway.on(['tunnel.status'], ({ type, data }) => {
        // `as`: what the gateway publishes under this name.
        if (type === 'tunnel.status') take(data as TunnelStatus)
      }),
    [gateway],
  )
  useEffect(() => {
    const mine = ++turn.current
    // What an event told meanwhile is newer.
    gateway.client.tunnelStatus().then(
      (status) => mine === turn.current && take(status),
      (error: unknown) => mine === turn.current && setError(error),
    )
  }, [gateway, seenAt])
  return { sight, error }
}

/** What the file says of the tunnel that its status does not. */
export interface TunnelSettings {
  subdomain: string
  /** The variable or flag that the address of the broker comes from, in place of the file; null where it does not. */
  brokerOrigin: string | null
}

/** The settings now, and again when they change; null before the first answer, and for whoever may not see them. */
export function useTunnelSettings(): TunnelSettings | null {
  const { gateway } = useHouse()
  const [settings, setSettings] = useState<TunnelSettings | null>(null)
  useEffect(() => {
    // Where that fails, saving says why.
    const read = (): void =>
      void gateway.client.config().then(
        (view) => setSettings(settingsIn(view)),
        () => {},
      )
    read()
    return gateway.on(['config.reload'], read)
  }, [gateway])
  return settings
}

function settingsIn({ config, origins }: ConfigView): TunnelSettings {
  // `as`: the file has passed the schema, and what is not written is not there.
  const { tunnel } = config as { tunnel?: { subdomain?: string } }
  return { subdomain: tunnel?.subdomain ?? '', brokerOrigin: origins['tunnel.brokerUrl'] ?? null }
}
