import { XopcError } from '../errors/error.ts'
import type { Overview } from '../protocol/http-api.ts'
import type { Clock } from '../system/clock.ts'
import { readText } from '../system/files.ts'
import { isListenedOn } from '../system/port-owner.ts'

/** Whether people can sign in to this computer by ssh. */
export type SshServer = Overview['ssh']['server']

/** Between two looks, milliseconds. */
const LOOK_MS = 5000
const USUAL = 22

/** Looks without dialling: a server of ssh writes down everybody who comes and goes. */
export async function lookForSshServer(): Promise<SshServer> {
  // Some systems keep its configuration from everybody but root.
  const port = portIn((await ifReadable(() => readText('/etc/ssh/sshd_config'))) ?? '')
  return { port, listens: await ifReadable(() => isListenedOn(port)) }
}

/** Null where this user may not read it. */
async function ifReadable<Value>(read: () => Promise<Value | null>): Promise<Value | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof XopcError) return null
    throw error
  }
}

/** The first port of sshd_config(5). Pure. */
export function portIn(text: string): number {
  const port = Number(/^\s*Port\s+(\d{1,5})\s*(?:#.*)?$/im.exec(text)?.[1] ?? USUAL)
  return port > 0 && port < 65_536 ? port : USUAL
}

/** Tells of every change until the signal. */
export async function watchSshServer(
  clock: Pick<Clock, 'sleep'>,
  changed: (server: SshServer) => void,
  signal: AbortSignal,
): Promise<void> {
  let last = await lookForSshServer()
  while (!signal.aborted) {
    try {
      await clock.sleep(LOOK_MS, signal)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    const now = await lookForSshServer()
    if (now.listens !== last.listens || now.port !== last.port) changed(now)
    last = now
  }
}
