import { headerKind } from './header-kinds.ts'

/** What the edge reads of a request's headers, in one pass over them. */
export interface Head {
  /** Host as sent; empty where missing. */
  host: string
  /** How many Host headers came; anything but one is refused. */
  hosts: number
  origin: string | null
  authorization: string | undefined
  token: string | undefined
  apiKey: string | undefined
  cookie: string | undefined
  /** X-Forwarded-*, one entry for each header line. */
  forwardedFor: string[] | null
  forwardedProto: string[] | null
  forwardedHost: string[] | null
  /** Any of Forwarded, X-Forwarded-*, Via is there. */
  proxied: boolean
  /** A header that may come once came twice. */
  repeated: boolean
  upgrade: string | undefined
  connection: string | undefined
  /** A body follows, or may follow. */
  hasBody: boolean
  expectsContinue: boolean
}

/** Reads what the edge needs from `req.rawHeaders`. */
export function readHead(raw: readonly string[]): Head {
  const head: Head = {
    host: '',
    hosts: 0,
    origin: null,
    authorization: undefined,
    token: undefined,
    apiKey: undefined,
    cookie: undefined,
    forwardedFor: null,
    forwardedProto: null,
    forwardedHost: null,
    proxied: false,
    repeated: false,
    upgrade: undefined,
    connection: undefined,
    hasBody: false,
    expectsContinue: false,
  }
  for (let index = 0; index + 1 < raw.length; index += 2) note(head, raw[index] ?? '', raw[index + 1] ?? '')
  return head
}

function note(head: Head, name: string, value: string): void {
  switch (headerKind(name)) {
    case 'plain':
    case 'dropped':
      return
    case 'host':
      head.host = value
      head.hosts++
      return
    case 'origin':
      head.repeated ||= head.origin !== null
      head.origin = value
      return
    case 'authorization':
      head.repeated ||= head.authorization !== undefined
      head.authorization = value
      return
    case 'token':
      head.repeated ||= head.token !== undefined
      head.token = value
      return
    case 'api-key':
      head.repeated ||= head.apiKey !== undefined
      head.apiKey = value
      return
    case 'cookie':
      head.cookie = head.cookie === undefined ? value : `${head.cookie}; ${value}`
      return
    case 'connection':
      head.connection = head.connection === undefined ? value : `${head.connection},${value}`
      return
    case 'upgrade':
      head.upgrade = head.upgrade === undefined ? value : `${head.upgrade},${value}`
      return
    case 'content-length':
      head.hasBody ||= value !== '0'
      return
    case 'transfer-encoding':
      head.hasBody = true
      return
    case 'expect':
      head.expectsContinue = value.toLowerCase() === '100-continue'
      return
    default:
      noteForwarded(head, name, value)
  }
}

function noteForwarded(head: Head, name: string, value: string): void {
  head.proxied = true
  switch (headerKind(name)) {
    case 'forwarded-for':
      ;(head.forwardedFor ??= []).push(value)
      return
    case 'forwarded-proto':
      ;(head.forwardedProto ??= []).push(value)
      return
    case 'forwarded-host':
      ;(head.forwardedHost ??= []).push(value)
      return
    default:
      return
  }
}
