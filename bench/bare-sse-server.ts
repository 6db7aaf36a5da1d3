// Event streams with nothing around them: the peer of sse.ts. POST writes one event to every stream.
import { createServer, type ServerResponse } from 'node:http'

const streams = new Set<ServerResponse>()
let id = 0

function event(type: string): string {
  id++
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ id, type, at: new Date().toISOString(), data: {} })}\n\n`
}

createServer((request, response) => {
  if (request.method === 'POST') {
    const chunk = Buffer.from(event('config.reload'))
    for (const stream of streams) stream.write(chunk)
    response.writeHead(200).end()
  } else if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write(event('connected'))
    streams.add(response)
    response.on('close', () => streams.delete(response))
  } else response.writeHead(200).end()
}).listen(Number(process.argv[2]), '127.0.0.1')
