import { connect, type Socket } from 'node:net'

/** What the client process is told: open this many streams; then, with `report`, say what arrived. */
export type ToClient = { open: { url: string; token: string; count: number } } | { report: { type: string } }
/** What it answers. */
export type FromClient = { ready: number } | { delays: number[] }

/** Connections that are being opened at once: an unproven one counts against its source. */
const OPENING = 16

interface Arrival {
  at: number
  chunk: Buffer
}

const arrivals: Arrival[] = []

process.on('message', (message: ToClient) => {
  if ('open' in message) void openAll(message.open).then(() => answer({ ready: message.open.count }), fail)
  else answer({ delays: arrivals.flatMap((arrival) => delaysOf(arrival, message.report.type)) })
})

async function openAll({ url, token, count }: { url: string; token: string; count: number }): Promise<void> {
  const { hostname, port, host, pathname } = new URL(url)
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\n\r\n`
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) await openOne(connect(Number(port), hostname), request)
  }
  await Promise.all(Array.from({ length: OPENING }, worker))
}

/** Resolves with the first event of the stream. */
function openOne(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('close', () => fail(new Error('a stream was closed')))
    let head = ''
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1')
      if (!head.includes('\nevent: connected')) return
      socket.off('data', read)
      // Only the time is taken while events arrive; they are read afterwards.
      socket.on('data', (data: Buffer) => arrivals.push({ at: performance.timeOrigin + performance.now(), chunk: data }))
      resolve()
    }
    socket.on('data', read)
    socket.write(request)
  })
}

/** Milliseconds from the time that each event of this type carries to its arrival. */
function delaysOf({ at, chunk }: Arrival, type: string): number[] {
  return [...chunk.toString().matchAll(/^data: (.+)$/gm)].flatMap(([, data = '']) => {
    // The gateway and the bare server write JSON events with these two fields.
    const event = JSON.parse(data) as { type: string; at: string }
    return event.type === type ? [at - Date.parse(event.at)] : []
  })
}

function answer(message: FromClient): void {
  process.send?.(message)
}

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}
