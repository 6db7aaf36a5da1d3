import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { type MisbehavingHttp, onRequests, type Place } from './misbehaving.ts'

/** Someone between, who passes requests on to the gateway and writes down what it answers. */
export interface Recorder extends MisbehavingHttp {
  /** From now on nothing reaches the gateway: what it last answered to a method and path is told again, 404 where nothing was. */
  replay(): void
}

interface Recorded {
  status: number
  headers: string[]
  body: Buffer
}

/** Starts one in front of a gateway (`http://127.0.0.1:<port>`); WebSocket does not pass. Ends after the last test of the file. */
export async function startRecorder(gateway: string, place: Place = {}): Promise<Recorder> {
  const tape = new Map<string, Recorded>()
  let replaying = false
  const server = await onRequests(place, () => (req, res) => {
    const key = `${req.method} ${req.url?.split('?')[0]}`
    if (replaying) return tell(res, tape.get(key))
    const options = { method: req.method ?? 'GET', headers: req.rawHeaders, agent: false }
    const forwarded = request(`${gateway}${req.url}`, options, (answer) => pass(answer, res, (recorded) => tape.set(key, recorded)))
    forwarded.once('error', () => res.destroy()).once('upgrade', () => res.destroy())
    res.once('close', () => forwarded.destroy())
    req.pipe(forwarded)
  })
  return { ...server, replay: () => void (replaying = true) }
}

function pass(answer: IncomingMessage, res: ServerResponse, record: (recorded: Recorded) => void): void {
  const [status, headers, chunks] = [answer.statusCode ?? 502, answer.rawHeaders, Array<Buffer>()]
  res.writeHead(status, headers).flushHeaders()
  answer.on('data', (chunk: Buffer) => (chunks.push(chunk), res.write(chunk)))
  answer.once('end', () => (record({ status, headers, body: Buffer.concat(chunks) }), res.end()))
}

function tell(res: ServerResponse, recorded: Recorded = { status: 404, headers: [], body: Buffer.from('') }): void {
  res.writeHead(recorded.status, recorded.headers).end(recorded.body)
}
