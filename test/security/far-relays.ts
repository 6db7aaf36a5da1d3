import { readFile } from 'node:fs/promises'
import { type IncomingHttpHeaders, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { type MisbehavingHttp, onRequests, type Place } from '../support/misbehaving.ts'

/** Somebody between who passes everything on, changed where that helps, and keeps all that was said. */
export interface FarRelay extends MisbehavingHttp {
  /** Everything that it was told so far: request lines, headers and bodies. */
  told(): string
}

/** Where a relay leads, and what it changes on the way. */
export interface FarRelayOptions {
  place?: Place
  /** `https://gateway.test:8443`: dialled on 127.0.0.1, whatever the name is. */
  to: string
  /** PEM of the authority that the relay itself believes. */
  caFile?: string
  /** In place of the Host that it was sent. */
  host?: string
  /** In place of the body that it was sent; `own` is the relay's url. */
  body?: (text: string, own: string) => string
  headers?: IncomingHttpHeaders
}

/** Starts one; it ends after the last test of the file. */
export async function startFarRelay({ place = {}, to, caFile, host, body, headers = {} }: FarRelayOptions): Promise<FarRelay> {
  const { protocol, hostname, port } = new URL(to)
  const ca = caFile === undefined ? undefined : await readFile(caFile)
  const told: string[] = []
  const server = await onRequests(place, (url) => (req, res) => {
    let text = ''
    req.setEncoding('utf8').on('data', (more: string) => (text += more))
    req.once('end', () => {
      told.push(`${req.method} ${req.url} ${JSON.stringify(req.headers)} ${text}`)
      const changed = body === undefined ? text : body(text, url)
      const { 'content-length': _, connection: __, ...kept } = req.headers
      const options = {
        host: '127.0.0.1',
        port,
        path: req.url,
        method: req.method,
        headers: { ...kept, ...headers, ...(host === undefined ? {} : { host }), 'content-length': Buffer.byteLength(changed) },
        agent: false as const,
      }
      const send = protocol === 'https:' ? overHttps : overHttp
      const forwarded = send(protocol === 'https:' ? { ...options, servername: hostname, ca } : options, (answer) => {
        // What is about the other connection stays there: the client's goes on, so that a token could come.
        const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...kept } = answer.headers
        res.writeHead(answer.statusCode ?? 502, kept)
        answer.pipe(res)
      })
      forwarded.once('error', () => res.destroy())
      forwarded.end(changed)
    })
  })
  return { ...server, told: () => told.join('\n') }
}

/** A change of the body that asks for another origin to be signed than the client did. */
export function claiming(origin: string): (text: string) => string {
  return (text) => text.replace(/"origin":"[^"]*"/, `"origin":"${origin}"`)
}
