import type { Socket } from 'node:net'
import { type Aim, nameInText } from '../aim.ts'
import { openTcp } from '../dial.ts'
import { fail, type Judged, pass, warn } from '../judged.ts'
import { type Trouble, troubleOf } from '../trouble.ts'

/** One address, tried. */
export interface Attempt {
  address: string
  /** Whole milliseconds. */
  ms: number
  trouble: Trouble | null
}

/** The connections that came of it: the first address that answered has the socket. */
export interface Connected {
  attempts: Attempt[]
  socket: Socket | null
}

const ADDRESS_MS = 3000
/** So long is waited for an address before the next one is tried beside it (RFC 8305, 5). */
const STAGGER_MS = 250
const MAX_ADDRESSES = 8

/**
 * Tries the addresses in turn. `all`: also those after the first that answers, because some device will take them; otherwise what came of the
 * others is not told. Only one socket is left open. Never throws.
 */
export async function connectInTurn(addresses: readonly string[], port: number, all: boolean, signal: AbortSignal): Promise<Connected> {
  const tries: Promise<Try>[] = []
  const enough = new AbortController()
  const limit = AbortSignal.any([signal, enough.signal])
  for (const address of addresses.slice(0, MAX_ADDRESSES)) {
    const running = tryAddress(address, port, limit)
    tries.push(running)
    const ended = await Promise.race([running, after(STAGGER_MS, limit)])
    if (limit.aborted || (ended?.socket && !all)) break
  }
  if (!all) {
    await firstSocket(tries)
    enough.abort()
  }
  const done = await Promise.all(tries)
  const chosen = done.find(({ socket }) => socket !== null)
  for (const each of done) if (each !== chosen) each.socket?.destroy()
  return { attempts: (all || !chosen ? done : [chosen]).map(({ attempt }) => attempt), socket: chosen?.socket ?? null }
}

interface Try {
  attempt: Attempt
  socket: Socket | null
}

async function tryAddress(address: string, port: number, signal: AbortSignal): Promise<Try> {
  const started = performance.now()
  const elapsed = (): number => Math.round(performance.now() - started)
  try {
    const socket = await openTcp(address, port, AbortSignal.any([signal, AbortSignal.timeout(ADDRESS_MS)]))
    return { attempt: { address, ms: elapsed(), trouble: null }, socket }
  } catch (error) {
    return { attempt: { address, ms: elapsed(), trouble: troubleOf(error) }, socket: null }
  }
}

/** Resolves with the first try that has a socket, or when none has. */
async function firstSocket(tries: readonly Promise<Try>[]): Promise<void> {
  const { promise: found, resolve } = Promise.withResolvers<void>()
  for (const each of tries) void each.then(({ socket }) => socket !== null && resolve())
  await Promise.race([found, Promise.all(tries)])
}

async function after(ms: number, signal: AbortSignal): Promise<null> {
  const { promise, resolve } = Promise.withResolvers<null>()
  const timer = setTimeout(resolve, ms, null)
  const onAbort = (): void => resolve(null)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

/** Whether devices get a connection, at every address. Pure. */
export function judgeConnections(aim: Aim, { attempts, socket }: { attempts: readonly Attempt[]; socket: unknown }): Judged {
  const facts = {
    port: aim.port,
    attempts: attempts.map(({ address, ms, trouble }) => ({ address, ms, ...(trouble === null ? {} : { error: trouble.code }) })),
  }
  const broken = attempts.filter(({ trouble }) => trouble !== null)
  const answered = attempts.find(({ trouble }) => trouble === null)
  if (socket === null || answered === undefined) return noneAnswers(aim, broken, facts)
  const detail = `${answered.address} accepts connections on port ${aim.port}`
  // That there is no IPv6 here says nothing of the address.
  const dead = broken.filter(({ address, trouble }) => trouble?.kind !== 'noRoute' || !address.includes(':'))
  const [first] = dead
  if (first?.trouble) {
    const fix = { title: 'Let the proxy listen there, too, or take the address out of the DNS', snippet: listenLine(aim) }
    return warn(codeOf(first.trouble), `${detail}, but ${sentence(first, aim.port)}.`, { fix, facts })
  }
  return pass(broken.length === 0 ? `${detail}.` : `${detail}; from here there is no way to ${addressesOf(broken)}.`, facts)
}

function noneAnswers(aim: Aim, broken: readonly Attempt[], facts: Record<string, unknown>): Judged {
  // What answers with a refusal is known best; then what does not answer.
  const order: Trouble['kind'][] = ['refused', 'timeout', 'noRoute']
  const [worst] = broken.toSorted((one, other) => rank(order, one) - rank(order, other))
  if (!worst?.trouble) return fail('TIMEOUT', `Connecting to ${nameInText(aim)} took too long.`, { facts })
  const { kind } = worst.trouble
  const where = sentence(worst, aim.port)
  return fail(codeOf(worst.trouble), `${where.charAt(0).toUpperCase()}${where.slice(1)}.`, { fix: fixes[kind]?.(aim), facts })
}

function rank(order: readonly Trouble['kind'][], { trouble }: Attempt): number {
  const at = trouble === null ? -1 : order.indexOf(trouble.kind)
  return at === -1 ? order.length : at
}

function codeOf({ kind }: Trouble): 'TIMEOUT' | 'DNS_OR_CONN_REFUSED' | 'NETWORK_ERROR' {
  if (kind === 'timeout') return 'TIMEOUT'
  return kind === 'refused' || kind === 'noRoute' ? 'DNS_OR_CONN_REFUSED' : 'NETWORK_ERROR'
}

function sentence({ address, trouble }: Attempt, port: number): string {
  switch (trouble?.kind) {
    case 'refused':
      return `nothing listens at ${address} on port ${port}`
    case 'timeout':
      return `${address} does not answer on port ${port}; mostly a firewall or a router drops what comes`
    case 'noRoute':
      return address.includes(':')
        ? `this computer has no way to ${address}: it has no IPv6 to the outside`
        : `this computer has no way to ${address}`
    default:
      return `the connection to ${address} on port ${port} broke off (${trouble?.code})`
  }
}

const fixes: Partial<Record<Trouble['kind'], (aim: Aim) => { title: string; command?: string }>> = {
  refused: ({ port }) => ({
    title: 'Start the proxy and let it listen on that port; on its computer this shows who does',
    command: `sudo ss -ltnp 'sport = :${port}'`,
  }),
  timeout: ({ port }) => ({
    title: 'Let the port through the firewall of the proxy’s computer, and through the router to it',
    command: `sudo ufw allow ${port}/tcp`,
  }),
  noRoute: (aim) => ({
    title: 'Give the name an address that more networks reach (an A record), or test from a computer that has a way there',
    command: `getent ahosts ${nameInText(aim)}`,
  }),
}

function listenLine({ scheme, port }: Aim): string {
  return `nginx:  listen [::]:${port}${scheme === 'https' ? ' ssl' : ''};`
}

function addressesOf(attempts: readonly Attempt[]): string {
  return attempts.map(({ address }) => address).join(', ')
}
