import type { Xopc } from '../lib/core/xopc.ts'
import type { Overview } from '../lib/protocol/http-api.ts'
import { methodLine, renderOverview } from './render/overview.ts'
import type { Terminal } from './terminal.ts'
import { jsonText } from './render/json.ts'

/** How a watched overview is shown. */
interface Show {
  terminal: Terminal
  json: boolean
}

/** Cursor to the top left, and everything below it cleared. */
const clear = '\u001b[H\u001b[2J'

/** Shows the overview now and after every event until the gateway ends; Ctrl-C ends the process. Throws `GATEWAY_NOT_RUNNING`. */
export async function watchOverview(xopc: Xopc, show: Show): Promise<void> {
  const draw = show.json ? drawJson() : show.terminal.live ? drawScreen(show.terminal) : drawLines()
  for await (const event of xopc.events(new AbortController().signal)) {
    if (event.type === 'gateway.stopping') break
    draw(await xopc.overview())
  }
  if (!show.json) process.stdout.write('The gateway has ended. Next: xopc gateway\n')
}

type Draw = (overview: Overview) => void

/** Redraws where something changed; a terminal keeps no history of it. */
function drawScreen(terminal: Terminal): Draw {
  return onChange((overview) => {
    process.stdout.write(`${clear}${renderOverview(overview, terminal.columns).join('\n')}\n\nCtrl-C ends this.\n`)
  })
}

function drawJson(): Draw {
  return onChange((overview) => void process.stdout.write(`${jsonText(overview, 0)}\n`))
}

/** Without a terminal: a line for each method when it changes, with the time. */
function drawLines(): Draw {
  const last = new Map<string, string>()
  return ({ methods }) => {
    for (const method of methods) {
      const line = methodLine(method)
      if (last.get(method.id) !== line) process.stdout.write(`${new Date().toISOString()} ${line}\n`)
      last.set(method.id, line)
    }
  }
}

function onChange(draw: Draw): Draw {
  let last = ''
  return (overview) => {
    const now = JSON.stringify(overview)
    if (now !== last) draw(overview)
    last = now
  }
}
