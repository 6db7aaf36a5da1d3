import type { Ask } from '../lib/local-ui/passage.ts'
import type { LocalUi } from '../lib/local-ui/server.ts'
import type { State } from '../lib/state/store.ts'
import type { Connection } from './connection.ts'
import { endSignal, untilAborted } from './until-ended.ts'

/** How the page is served and what is said of it. */
export interface UiOptions {
  /** 0: a free one. */
  port: number
  /** False: the link is printed instead. */
  open: boolean
  env: NodeJS.ProcessEnv
  /** Told once the page is there. `link` is null where the browser has it. */
  ready(url: string, link: string | null): void
}

/** Serves the settings page of a gateway that runs, here or elsewhere, until Ctrl-C. Throws `GATEWAY_NOT_RUNNING`, `UI_PORT_TAKEN`, `PAGE_NOT_BUILT`. */
export async function runUi({ state, remote }: Pick<Connection, 'state' | 'remote'>, options: UiOptions): Promise<void> {
  const ask = remote?.send ?? (await askHere(state))
  const [{ openLocalUi }, { pageFiles }, { systemClock }] = await Promise.all([
    import('../lib/local-ui/server.ts'),
    import('../lib/gateway/control/console-files.ts'),
    import('../lib/system/clock.ts'),
  ])
  const page = await pageFiles()
  const ended = endSignal()
  const ui = await openLocalUi({ ask, port: options.port, page, clock: systemClock })
  const redirect = options.open ? await openPage(ui, state, options.env) : null
  try {
    options.ready(ui.url, redirect === null ? ui.link : null)
    await Promise.race([ui.over, untilAborted(ended)])
    await redirect?.remove()
    await untilAborted(ended)
  } finally {
    await Promise.all([ui.close(), redirect?.remove()])
  }
}

/** Requests go to the socket that the gateway itself named, which answered just now. Throws `GATEWAY_NOT_RUNNING`. */
async function askHere(state: State): Promise<Ask> {
  const [{ readLock }, { createSocketSend }] = await Promise.all([
    import('../lib/state/lock.ts'),
    import('../lib/remote/control-socket.ts'),
  ])
  const lock = await readLock(state)
  if (lock !== null) return createSocketSend(lock.socket)
  const { coreErrors } = await import('../lib/core/errors.ts')
  throw coreErrors.GATEWAY_NOT_RUNNING()
}

/** Shows the page by a file that leads to it; null where no browser could be started. The file is of no use once the link is over. */
async function openPage({ port, link }: LocalUi, { paths }: State, env: NodeJS.ProcessEnv): Promise<{ remove(): Promise<void> } | null> {
  const [{ writeRedirect }, { openBrowser }, { remove }] = await Promise.all([
    import('../lib/local-ui/redirect-file.ts'),
    import('../lib/local-ui/open-browser.ts'),
    import('../lib/system/files.ts'),
  ])
  const path = await writeRedirect(paths.run, { port, link, now: Date.now() })
  if (await openBrowser(path, env)) return { remove: async () => await remove(path) }
  await remove(path)
  return null
}
