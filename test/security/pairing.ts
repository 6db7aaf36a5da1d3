import { readAppLink } from '../../src/lib/protocol/pairing-link.ts'
import type { Answer, Door, House } from './doors.ts'

/** A pairing code, as whoever minted it gets it. */
export interface Minted {
  id: string
  baseUrl: string
  /** For an app. */
  secret: string
  /** For a browser; null where there is none. */
  browserSecret: string | null
  /** The link that the QR holds. */
  link: string
}

/** A device that joined. */
export interface Joined {
  id: string
  token: string
  /** The header line with its token. */
  bearer: string
}

const json = 'Content-Type: application/json'
export const EXCHANGE = 'POST /xopc/api/tunnel/exchange-token'

/** Asks for a pairing code at the local door. The house needs `ip`: a device must be able to reach it. */
export async function askForCode(house: House, body: object = {}, credential = house.bearer): Promise<Answer> {
  return await house.doors.local.ask('POST /xopc/api/pair', [credential, json], { body: JSON.stringify(body) })
}

/** A new code. Throws with the answer where there is none. */
export async function mint(house: House, body: object = {}, credential = house.bearer): Promise<Minted> {
  const answer = await askForCode(house, body, credential)
  if (answer.status !== 200 && answer.status !== 201) throw new Error(`no code: ${answer.status} ${answer.body}`)
  // `as`: what the route promises, held by its own tests.
  const { id, baseUrl, links } = JSON.parse(answer.body) as { id: string; baseUrl: string; links: { app: string; browser: string | null } }
  const secret = readAppLink(links.app)?.secret ?? ''
  return { id, baseUrl, secret, browserSecret: links.browser?.split('#ps=')[1] ?? null, link: links.app }
}

/** Brings a code to a door. */
export async function exchange(door: Door, body: unknown, lines: readonly string[] = [], options: { host?: string } = {}): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return await door.ask(EXCHANGE, [json, ...lines], { ...options, body: text })
}

/** Mints a code and joins by it as an app. */
export async function join(house: House, body: object = {}): Promise<Joined> {
  const { secret } = await mint(house, body)
  return joinedOf(await exchange(house.doors.lan, { pairingSecret: secret, deviceName: 'Pixel', platform: 'android' }))
}

/** What an exchange gave. Throws with the answer where it gave nothing. */
export function joinedOf(answer: Answer): Joined {
  if (answer.status !== 200) throw new Error(`not joined: ${answer.status} ${answer.body}`)
  const { token, device } = JSON.parse(answer.body) as { token: string; device: { id: string } }
  return { id: device.id, token, bearer: `Authorization: Bearer ${token}` }
}
