import type { Scope } from '../../lib/protocol/http-api.ts'
import type { Device, PairingCode, QrCode } from '../../lib/protocol/pairing-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { qrLines, qrSize } from './qr.ts'
import { duration } from './time.ts'
import { wrap } from './wrap.ts'

const longest = 200

/** Where a code is shown. */
interface Show {
  /** The link is for any browser instead of the app. */
  browser: boolean
  /** Of the gateway's key, which the page of a browser link shows, too. */
  fingerprint: string
  /** A terminal that takes colours. */
  live: boolean
  columns: number
  /** Lines of the terminal, where known. */
  rows: number | undefined
  textColumns: number
}

/** What the code is for, its QR, and the link under it. Pure. */
export function renderPairing(code: PairingCode, show: Show): string[] {
  const [link, qr] = show.browser ? [code.links?.browser, code.qr?.browser] : [code.links?.app, code.qr?.app]
  const picture = qr === null || qr === undefined ? [] : pictureOf(qr, link ?? '', show)
  const where = code.lanUrl === null ? code.baseUrl : `${code.baseUrl}, and in its own network ${code.lanUrl}`
  return [
    ...wrap('', `${whoMayJoin(code, show.browser)} ${rights(code.scopes)}`, show.textColumns),
    ...wrap('', `It will use ${where}.`, show.textColumns),
    ...(show.browser ? wrap('', `Its page names the gateway: ${show.fingerprint}`, show.textColumns) : []),
    '',
    ...picture,
    ...(link === null || link === undefined ? [] : [link]),
  ]
}

function whoMayJoin({ name }: PairingCode, browser: boolean): string {
  const named = name === null ? '' : ` as “${cleanText(name, longest)}”`
  return browser ? `One browser may join${named}.` : `One phone with the app may join${named}.`
}

/** What a device may do, in words. */
function rights(scopes: readonly Scope[]): string {
  const may = scopes.includes('admin') ? 'change its settings and pair others, as you can' : 'change nothing of it'
  return `It may use this gateway and ${may} (${scopes.join(', ')}).`
}

function pictureOf(qr: QrCode, link: string, { live, columns, rows, browser, textColumns }: Show): string[] {
  if (!live) return [`Open this link ${browser ? 'in that browser' : 'on the phone'}; a QR code is shown in a terminal:`]
  const needed = qrSize(qr)
  // What scrolls out of sight cannot be scanned: the code, its link, and the line that counts down are seen together.
  const lines = needed.rows + Math.ceil(link.length / columns) + 3
  if (columns >= needed.columns && (rows === undefined || rows >= lines)) return [...qrLines(qr), '']
  const wish = `This window is too small for the QR code: it needs ${needed.columns} columns and ${lines} lines. Make it larger or its letters smaller and type this again, scan it from xopc ui, or open the link:`
  return wrap('', wish, textColumns)
}

/** How long the code can still be used. Pure. */
export function secondsLeft(leftMs: number): string {
  return `Waiting, ${duration(Math.max(0, Math.round(leftMs / 1000)))} left. Ctrl-C takes the code back.`
}

/** How the waiting ended. `waitedMs`: since the code was shown. Pure. */
export function renderPairingEnd({ state, device }: PairingCode, waitedMs: number): string[] {
  if (state === 'used') return [device === null ? 'A device joined, and was revoked since.' : joined(device), '', 'Next: xopc devices list']
  const waited = duration(Math.round(waitedMs / 1000))
  const end = state === 'revoked' ? 'the code was taken back' : 'the code is over'
  return [`Nobody joined within ${waited}; ${end}.`, '', 'Next: xopc pair']
}

function joined({ name, platform, lastIp, lastIngress, scopes }: Device): string {
  const kind = platform === null ? '' : ` (${cleanText(platform, longest)})`
  const from = lastIp === null ? '' : ` from ${cleanText(lastIp, longest)}`
  const through = lastIngress === null ? '' : `, by the ${cleanText(lastIngress, longest)} door`
  return `“${cleanText(name, longest)}”${kind} joined${from}${through}. ${rights(scopes)}`
}
