import { useEffect, useState } from 'preact/hooks'
import type { Device } from '../lib/protocol/pairing-api.ts'
import { useHouse } from './context.ts'

/** The devices, as they are now. */
export interface DeviceList {
  /** Null until they are known, and for who may not see them. */
  devices: readonly Device[] | null
  error: unknown
  read(): Promise<void>
}

/** Every paired device, and again whenever one joined, went or was here. */
export function useDevices(): DeviceList {
  const { gateway, admin } = useHouse()
  const [devices, setDevices] = useState<Device[] | null>(null)
  const [error, setError] = useState<unknown>(null)
  async function read(): Promise<void> {
    if (!admin) return
    try {
      setDevices(await gateway.client.devices())
      setError(null)
    } catch (error) {
      setError(error)
    }
  }
  useEffect(() => {
    void read()
    return gateway.on(['device.paired', 'device.revoked', 'device.network', 'device.seen', 'device.renamed'], () => void read())
  }, [gateway])
  return { devices, error, read }
}
