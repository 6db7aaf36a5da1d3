import { connect, type NetConnectOpts } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { tempFolder } from '../support/cleanup.ts'
import { type ConfigTree, type RunningGateway, startGateway } from '../support/gateway.ts'
import { otherComputer } from '../support/netns.ts'
import { startUpstream } from '../support/upstream.ts'

/** An answer, read to its end. */
export interface Answer {
  status: number
  /** By lower-case name; several lines of one name are joined by newlines. */
  headers: Record<string, string>
  body: string
  /** `code` of an error of ours, else null. */
  code: string | null
}

/** One way to the gateway, as whoever stands before it sees it: what is sent is exactly what is written. */
export interface Door {
  /** The Host that a well-behaved client sends here. */
  readonly host: string
  /** Sends a request line (`GET /path`) and header lines, with Host and Connection: close unless `lines` brings its own, and reads the answer. */
  ask(request: string, lines?: readonly string[], options?: { host?: string; body?: string }): Promise<Answer>
  /** A WebSocket handshake in full; status 101 where it was accepted (the connection ends then). */
  shake(path: string, lines?: readonly string[], options?: { host?: string }): Promise<Answer>
}

/** Names of doors. `lan` is an address of this computer that others can reach. */
export type DoorName = 'control' | 'local' | 'lan' | 'proxy'

/** A gateway with its doors. */
export interface House {
  gateway: RunningGateway
  doors: Record<DoorName, Door>
  /** The header line with the owner's token. */
  bearer: string
  /** What the app behind it received: header lines by lower-case name with `_` as `-`. Only with `app`. */
  seenByApp(door: Door, lines: readonly string[], options?: { host?: string; bearer?: string }): Promise<Seen>
}

/** A request as the app got it. */
export interface Seen {
  url: string
  headers: Record<string, string>
}

/** The public name in `house` configurations. */
export const PUBLIC_HOST = 'gateway.test'
/** A password that is good enough for any door. */
export const PASSWORD = 'quiet-lantern-orbit-seventeen'
/** The two ways to sign in, as configuration. */
export const authModes = { token: { mode: 'token' }, password: { mode: 'password', password: PASSWORD } } as const

/** The secret of `proxied`. */
export const PROXY_SECRET = '5ec2e7aa'.repeat(6)
/** A gateway at which a proxy on this computer, or on the network of the peer `netns`, says who somebody is. */
export const proxied = {
  trustedProxies: ['127.0.0.1', '::1', '10.231.0.0/16'],
  auth: { mode: 'trusted-proxy', trustedProxy: { sharedSecret: PROXY_SECRET } },
} as const

/** Starts a gateway. `ip` (from the peer `netns`) opens `lan`; `app` puts the fixture app behind it; `bare` opens `control` and `local` only. */
export async function openHouse(given: { gateway?: ConfigTree; app?: boolean; ip?: string; bare?: boolean } = {}): Promise<House> {
  const socket = join(await tempFolder(), 'proxy.sock')
  const network = given.ip === undefined ? null : await otherComputer(given.ip)
  const opened = given.bare === true ? {} : { publicUrl: `https://${PUBLIC_HOST}`, proxySocket: socket }
  const bound = network === null ? {} : { bind: network.hostAddress }
  const upstream = given.app === true ? { upstream: { url: (await startUpstream()).url } } : {}
  const gateway = await startGateway({ config: { gateway: { ...opened, ...bound, ...upstream, ...given.gateway } } })
  const { port, controlSocket } = gateway
  const lanHost = network?.hostAddress ?? '127.0.0.1'
  if (network) await listens({ host: lanHost, port })
  const doors = {
    control: doorTo({ path: controlSocket }, 'localhost'),
    local: doorTo({ host: '127.0.0.1', port }, `127.0.0.1:${port}`),
    lan: doorTo({ host: lanHost, port }, `${lanHost}:${port}`),
    proxy: doorTo({ path: socket }, PUBLIC_HOST),
  }
  const bearer = `Authorization: Bearer ${gateway.token}`
  return { gateway, doors, bearer, seenByApp: (door, lines, options) => seenByApp(door, [options?.bearer ?? bearer, ...lines], options) }
}

/** What the fixture app behind a gateway received of a request. Throws where it was not reached. */
export async function seenByApp(door: Door, lines: readonly string[], options?: { host?: string; bearer?: string }): Promise<Seen> {
  const { status, body } = await door.ask('GET /headers', lines, options)
  if (status !== 200) throw new Error(`the app was not reached: ${status} ${body}`)
  // `as`: what the fixture app answers there.
  const { url, headers } = JSON.parse(body) as { url: string; headers: [string, string][] }
  return { url, headers: joined(headers.map(([name, value]) => [name.toLowerCase().replaceAll('_', '-'), value])) }
}

/** A door to where `place` leads. */
export function doorTo(place: NetConnectOpts, host: string): Door {
  return doorOver(async () => connect(place), host)
}

/** A door at the end of what `open` gives: a new connection for each request, from wherever a visitor comes. `connection`: what is asked for unless a request's lines say so. */
export function doorOver(open: () => Promise<Duplex>, host: string, connection: 'close' | 'keep-alive' = 'close'): Door {
  const whole = (request: string, lines: readonly string[], named: string): string => {
    const brings = (name: string) => lines.some((line) => line.toLowerCase().startsWith(`${name}:`))
    const ours = [...(brings('host') ? [] : [`Host: ${named}`]), ...(brings('connection') ? [] : [`Connection: ${connection}`])]
    return `${request} HTTP/1.1\r\n${[...ours, ...lines].map((line) => `${line}\r\n`).join('')}\r\n`
  }
  return {
    host,
    ask(request, lines = [], { host: named = host, body } = {}) {
      const framed = body === undefined ? lines : [...lines, `Content-Length: ${Buffer.byteLength(body)}`]
      return speak(open, whole(request, framed, named) + (body ?? ''))
    },
    shake(path, lines = [], { host: named = host } = {}) {
      const handshake = [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ]
      return speak(open, whole(`GET ${path}`, [...handshake, ...lines], named))
    },
  }
}

/** Writes bytes and reads until the other side ends, or switches protocols. */
async function speak(open: () => Promise<Duplex>, text: string): Promise<Answer> {
  const stream = await open()
  return await new Promise((resolve, reject) => {
    let heard = ''
    const late = setTimeout(() => stream.destroy(new Error(`nothing more came after: ${heard}`)), 20_000)
    stream.once('error', reject)
    stream.once('close', () => (clearTimeout(late), resolve(answerOf(heard))))
    stream.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1')
      if (isWhole(heard)) stream.destroy()
      else late.refresh()
    })
    stream.write(text, 'latin1')
  })
}

/** Either side may keep the connection for the next request. */
function isWhole(heard: string): boolean {
  const at = heard.indexOf('\r\n\r\n')
  const head = heard.slice(0, at + 2)
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1]
  if (at === -1) return false
  if (head.startsWith('HTTP/1.1 101 ') || head.startsWith('HTTP/1.1 204 ')) return true
  if (/\r\ntransfer-encoding: *chunked\r\n/i.test(head)) return heard.endsWith('\r\n0\r\n\r\n')
  return length !== undefined && heard.length >= at + 4 + Number(length)
}

function answerOf(heard: string): Answer {
  const [head = '', ...rest] = heard.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = joined(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const raw = rest.join('\r\n\r\n')
  const body = headers['transfer-encoding'] === 'chunked' ? unchunked(raw) : raw
  // `as`: an error of ours is an object whose code is a string; anything else has none.
  const code =
    headers['content-type']?.startsWith('application/json') && body !== '' ? (JSON.parse(body) as { code?: string }).code : undefined
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1] ?? 0), headers, body, code: code ?? null }
}

function joined(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of pairs) headers[name] = name in headers ? `${headers[name]}\n${value}` : value
  return headers
}

function unchunked(raw: string): string {
  const size = Number.parseInt(raw, 16)
  const at = raw.indexOf('\r\n') + 2
  return size > 0 ? raw.slice(at, at + size) + unchunked(raw.slice(at + size + 2)) : ''
}

/** An address is listened on some time after the gateway is ready. */
async function listens(place: { host: string; port: number }): Promise<void> {
  const tries = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(place, () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  for (const end = Date.now() + 15_000; !(await tries()); await sleep(50)) {
    if (Date.now() > end) throw new Error(`nothing listens on ${place.host}:${place.port}`)
  }
}

/** Wrong credentials from one source until it is blocked; gives the statuses. */
export async function guess(door: Door, times: number, lines: (n: number) => readonly string[]): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < times; n++) {
    statuses.push((await door.ask('GET /xopc/api/status', [`Authorization: Bearer wrong-guess-number-${n}`, ...lines(n)])).status)
  }
  return statuses
}

/** What the gateway saw of a request, by its own word. */
export async function seenByGateway(
  { bearer }: Pick<House, 'bearer'>,
  door: Door,
  lines: readonly string[],
  host?: string,
): Promise<Record<string, unknown>> {
  const { status, body } = await door.ask('GET /xopc/api/probe/request', [bearer, ...lines], host === undefined ? {} : { host })
  if (status !== 200) throw new Error(`${status} ${body}`)
  return JSON.parse(body) as Record<string, unknown>
}
