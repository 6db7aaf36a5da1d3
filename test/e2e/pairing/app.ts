import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { atEnd } from '../../support/cleanup.ts'

/** A small app behind the gateway: a page that keeps an event stream and a WebSocket open. */
export interface App {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  /** Each request so far: its path, and who it was in `X-Xopc-User`. */
  readonly requests: readonly { path: string; user: string | undefined; cookie: string | undefined }[]
}

/** Comes back by itself, because Chromium cuts off what runs where other tests make network interfaces; notes since when it is without (milliseconds since the epoch). */
const page = `<!doctype html><title>The app</title><h1>The app</h1><p id="stream">no stream</p><p id="socket">no socket</p><script>
const [stream, socket] = [document.getElementById('stream'), document.getElementById('socket')]
const events = new EventSource('/events')
events.onmessage = ({ data }) => (stream.textContent = 'stream of ' + data)
events.onopen = () => delete stream.dataset.ended
events.onerror = () => (stream.dataset.ended ??= Date.now())
function connect() {
  const chat = new WebSocket(location.origin.replace('http', 'ws') + '/chat')
  chat.onopen = () => (delete socket.dataset.ended, chat.send('hello'))
  chat.onmessage = ({ data }) => (socket.textContent = data)
  chat.onclose = () => (socket.dataset.ended ??= Date.now(), setTimeout(connect, 200))
}
connect()
</script>`

/** Starts it on a free port; it ends after the last test of the file. */
export async function startApp(): Promise<App> {
  const requests: { path: string; user: string | undefined; cookie: string | undefined }[] = []
  const server = createServer((req, res) => {
    const user = String(req.headers['x-xopc-user'])
    requests.push({ path: req.url ?? '', user, cookie: req.headers.cookie })
    if (req.url !== '/events') return res.setHeader('content-type', 'text/html').end(page)
    return res.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${user}\n\n`)
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, { url = '', headers }) => {
    const user = String(headers['x-xopc-user'])
    requests.push({ path: url, user, cookie: headers.cookie })
    socket.on('message', (data) => socket.send(`${String(data)} ${user}`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(async () => {
    for (const socket of sockets.clients) socket.terminate()
    server.close().closeAllConnections()
  })
  const at = server.address()
  return { url: `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`, requests }
}
