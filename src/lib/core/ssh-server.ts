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

/** Looks without dialling: a server of ssh writes down everybody who comes and goes. Throws nothing. */
export async function lookForSshServer(): Promise<SshServer> {
  try {
    const port = portIn((await readText('/etc/ssh/sshd_config')) ?? '')
    return { port, listens: await isListenedOn(port) }
  } catch (error) {
    // Some systems keep it from everybody but root.
    if (error instanceof XopcError) return { port: USUAL, listens: await isListenedOn(USUAL).catch(() => null) }
    throw error
  }
}

/** The first port of sshd_config(5). Pure. */
export function portIn(text: string): number {
  const port = Number(/^\s*Port\s+(\d{1,5})\s*(?:#.*)?$/im.exec(text)?.[1] ?? USUAL)
  return port > 0 && port < 65_536 ? port : USUAL
}

/** Tells of every change until the signal. Throws nothing. */
export async function watchSshServer(
  clock: Pick<Clock, 'sleep'>,
  changed: (server: SshServer) => void,
  signal: AbortSignal,
): Promise<void> {
  let last = await lookForSshServer()
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal).catch(() => {})
    if (signal.aborted) return
    const now = await lookForSshServer()
    if (now.listens !== last.listens || now.port !== last.port) changed(now)
    last = now
  }
}
