import type { Xopc } from '../lib/core/xopc.ts'
import type { Overview } from '../lib/protocol/http-api.ts'
import { XopcError } from '../lib/errors/error.ts'
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

/** A screen says how long ago something was, so it is drawn anew this often, in milliseconds. */
const redrawMs = 10_000

/** Shows the overview now and after every event until the gateway ends; Ctrl-C ends the process. Throws `GATEWAY_NOT_RUNNING`. */
export async function watchOverview(xopc: Xopc, show: Show): Promise<void> {
  const draw = show.json ? drawJson() : show.terminal.live ? drawScreen(show.terminal) : drawLines()
  const timer = show.terminal.live && !show.json ? setInterval(() => void drawIfPossible(xopc, draw), redrawMs) : undefined
  try {
    for await (const event of xopc.events(new AbortController().signal)) {
      if (event.type === 'gateway.stopping') break
      draw(await xopc.overview())
    }
  } finally {
    clearInterval(timer)
  }
  if (!show.json) process.stdout.write('The gateway has ended. Next: xopc gateway\n')
}

type Draw = (overview: Overview) => void

/** A gateway that does not answer ends the events too, and that is told. */
async function drawIfPossible(xopc: Xopc, draw: Draw): Promise<void> {
  try {
    draw(await xopc.overview())
  } catch (error) {
    if (!(error instanceof XopcError)) throw error
  }
}

/** Redraws where something changed; a terminal keeps no history of it. */
function drawScreen(terminal: Terminal): Draw {
  let last = ''
  return (overview) => {
    const now = renderOverview(overview, { ...terminal, now: Date.now() }).join('\n')
    if (now !== last) process.stdout.write(`${clear}${now}\n\nCtrl-C ends this.\n`)
    last = now
  }
}

function drawJson(): Draw {
  let last = ''
  return (overview) => {
    const now = jsonText(overview, 0)
    if (now !== last) process.stdout.write(`${now}\n`)
    last = now
  }
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
