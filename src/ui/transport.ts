import type { Transport, TransportReply } from '../lib/client/transport.ts'
import { sessionKey } from './session-key.ts'

/** Until a reply's head must be there (ms). */
const HEAD_MS = 15_000
/** Longest silence of an event stream: the gateway sends something every 15 s. */
const SILENCE_MS = 45_000

/** Requests to the gateway that served this page, and to nothing else: a path never names a host. Rejects where no reply came. */
export const transport: Transport = async ({ method, path, body, headers = {}, signal, timeoutMs = HEAD_MS }) => {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error('no answer in time')), timeoutMs)
  try {
    const ask = async (): Promise<Response> =>
      await fetch(new URL(path, location.origin), {
        method,
        headers: { ...sessionKey.header(), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        cache: 'no-store',
        credentials: 'same-origin',
        redirect: 'error',
        signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
      })
    // A computer that changes its network cuts off what runs; a question may be asked again.
    const response = await (method === 'GET' ? ask().catch((error: unknown) => again(ask, error, signal)) : ask())
    return replyOf(response, headers['accept'] === 'text/event-stream' && method === 'GET' ? late : null)
  } finally {
    clearTimeout(timer)
  }
}

/** How long a network takes to be there again (ms). */
const CHANGE_MS = 300

async function again(ask: () => Promise<Response>, error: unknown, signal: AbortSignal | undefined): Promise<Response> {
  // `fetch` says TypeError where no reply came, and something else where it was called off.
  if (!(error instanceof TypeError) || signal?.aborted === true) throw error
  await new Promise((resolve) => setTimeout(resolve, CHANGE_MS))
  return await ask()
}

function replyOf(response: Response, watched: AbortController | null): TransportReply {
  return {
    status: response.status,
    headers: (name) => response.headers.get(name),
    json: () => response.json(),
    lines: () => linesOf(response, watched),
  }
}

/** `watched` is aborted when nothing comes for too long: a connection that is gone does not always say so. */
async function* linesOf({ body }: Response, watched: AbortController | null): AsyncIterable<string> {
  if (body === null) return
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await bounded(() => reader.read(), watched)
      if (done) return
      const lines = (rest + value).split(/\r\n|\n/)
      rest = lines.pop() ?? ''
      yield* lines
    }
  } finally {
    // Whoever stops reading wants the connection closed; a stream that broke has nothing left to close.
    reader.cancel().catch(() => {})
  }
}

async function bounded<Result>(read: () => Promise<Result>, watched: AbortController | null): Promise<Result> {
  const timer = watched === null ? undefined : setTimeout(() => watched.abort(new Error('the stream fell silent')), SILENCE_MS)
  try {
    return await read()
  } finally {
    clearTimeout(timer)
  }
}
