import { request } from 'node:http'
import { type MisbehavingHttp, onRequests, type Place } from '../support/misbehaving.ts'

/** An answer of the one between, in place of the gateway's. */
export interface Instead {
  status: number
  headers?: Record<string, string>
  body?: string
}

/** A request without its query. */
export interface Passing {
  method: string
  path: string
}

/**
 * Somebody between who passes requests on to the gateway (`http://127.0.0.1:<port>`), but for those that `instead` has an answer for, and hears
 * everything. WebSocket does not pass. Ends after the last test of the file.
 */
export function startRelay(gateway: string, place: Place, instead: (passing: Passing) => Instead | null): Promise<MisbehavingHttp> {
  return onRequests(place, () => (req, res) => {
    const { method = 'GET', url = '/' } = req
    const other = instead({ method, path: url.replace(/\?.*/, '') })
    if (other !== null) return void res.writeHead(other.status, other.headers).end(other.body)
    const forwarded = request(`${gateway}${url}`, { method, headers: req.rawHeaders, agent: false }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders).flushHeaders()
      answer.pipe(res)
    })
    forwarded.once('error', () => res.destroy()).once('upgrade', () => res.destroy())
    res.once('close', () => forwarded.destroy())
    req.pipe(forwarded)
  })
}

/** Every path that a staged test asks for, with the stage that does. */
export const testedPaths = {
  health: '/health',
  ping: '/api/tunnel/pair/ping',
  challenge: '/api/gateway-identity/challenge',
  request: '/xopc/api/probe/request',
  stream: '/xopc/api/probe/stream',
  socket: '/xopc/api/probe/ws',
} as const
