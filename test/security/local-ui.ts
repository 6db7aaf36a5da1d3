import { startXopc } from '../e2e/cli/running.ts'
import { atEnd } from '../support/cleanup.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { type Answer, type Door, doorTo } from './doors.ts'

/** The server of `xopc ui` of a gateway. */
export interface LocalUi {
  door: Door
  /** Of its page: `http://127.0.0.1:<port>`. */
  origin: string
  /** What the link holds; works once. */
  code: string
  /** Exchanges the code as the page does, or with other header lines or another body. */
  enter(lines?: readonly string[], body?: string): Promise<Answer>
}

/** Starts `xopc ui --no-open`; it ends after the last test of the file. */
export async function openLocalUi({ stateDir }: Pick<RunningGateway, 'stateDir'>): Promise<LocalUi> {
  const ui = startXopc(['ui', '--no-open'], { stateDir })
  atEnd(async () => {
    ui.kill('SIGINT')
    await ui.ended
  })
  const [, origin = '', code = ''] = await ui.says(/(http:\/\/127\.0\.0\.1:\d+)\/#code=([\w-]{43})/)
  const { host, port } = new URL(origin)
  const door = doorTo({ host: '127.0.0.1', port: Number(port) }, host)
  const page = [`Origin: ${origin}`, 'Content-Type: application/json']
  return {
    door,
    origin,
    code,
    enter: (lines = page, body = JSON.stringify({ code })) => door.ask('POST /xopc/ui/session', lines, { body }),
  }
}

/** The header line with the key that an exchange gave. Throws with the answer where it gave none. */
export function keyLine({ status, body }: Answer): string {
  if (status !== 200) throw new Error(`no key: ${status} ${body}`)
  // `as`: what the exchange answers.
  return `X-Xopc-Token: ${(JSON.parse(body) as { key: string }).key}`
}
