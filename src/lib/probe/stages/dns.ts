import { lookup } from 'node:dns/promises'
import { forbiddenReason, type Reach, reachOfAddress } from '../../system/forbidden-address.ts'
import { type Aim, nameInText } from '../aim.ts'
import { fail, type Judged, pass, warn } from '../judged.ts'
import { type Trouble, troubleOf } from '../trouble.ts'

/** Every address of a name, in the order in which they are to be tried. Rejects with node's error. */
export type Lookup = (name: string) => Promise<readonly string[]>

/** What the name gave. */
export type Looked = { addresses: readonly string[]; trouble?: never } | { trouble: Trouble; addresses?: never }

/** A name, and the addresses of it that may be connected to. */
export interface Named {
  judged: Judged
  /** None where the stage failed. */
  usable: readonly string[]
}

/**
 * This computer's own resolver. A look-up cannot be called off and occupies one of node's few threads until it ends, so who asks for a name
 * that is being looked up waits with the others.
 */
export function createLookup(resolve: Lookup = askSystem): Lookup {
  const running = new Map<string, Promise<readonly string[]>>()
  const start = (name: string): Promise<readonly string[]> => {
    const found = resolve(name)
    running.set(name, found)
    const forget = (): void => void running.delete(name)
    found.then(forget, forget)
    return found
  }
  return async (name) => await (running.get(name) ?? start(name))
}

async function askSystem(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address)
}

/** Whether every resolver should take this name to loopback (RFC 6761, 6.3); then nobody is asked. */
export function isLocalhost({ name }: Aim): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}

/** Looks the name up, once for the whole test. Never throws. */
export async function lookAtName(aim: Aim, find: Lookup, signal: AbortSignal): Promise<Looked> {
  if (aim.literal) return { addresses: [aim.name] }
  if (isLocalhost(aim)) return { addresses: ['127.0.0.1', '::1'] }
  const { promise: late, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return { addresses: [...new Set(await Promise.race([find(aim.name), late]))] }
  } catch (error) {
    return { trouble: troubleOf(error) }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Which of the addresses are ever connected to, and who can reach them. Pure. */
export function judgeName(aim: Aim, looked: Looked): Named {
  if (looked.trouble !== undefined) return { judged: unknownName(aim, looked.trouble), usable: [] }
  const { addresses } = looked
  if (addresses.length === 0) return { judged: unknownName(aim, { kind: 'other', code: 'ENODATA' }), usable: [] }
  const banned = [aim.name, ...addresses].flatMap((address) => {
    const reason = forbiddenReason(address)
    return reason === null ? [] : [{ address, reason }]
  })
  const usable = addresses.filter((address) => banned.every((each) => each.address !== address && each.address !== aim.name))
  const facts = { addresses, ...(banned.length === 0 ? {} : { refused: banned }) }
  const [first] = banned
  const fix = { title: 'Let the name point to the address of your proxy', snippet: record(aim) }
  if (first === undefined) return { judged: pass(`${naming(aim, usable)}${reachNote(usable)}.`, facts), usable }
  const is = `${first.address} is ${first.reason}, and xopc never connects there`
  const none =
    aim.literal || first.address === aim.name ? is : `${aim.name} points to ${first.address}: ${first.reason}, where xopc never connects`
  const judged =
    usable.length === 0
      ? fail('DNS_OR_CONN_REFUSED', `${none}.`, { fix, facts })
      : warn('DNS_OR_CONN_REFUSED', `${naming(aim, usable)}, but ${is}.`, { fix, facts })
  return { judged, usable }
}

function unknownName(aim: Aim, { kind, code }: Trouble): Judged {
  const { name } = aim
  const facts = { error: code }
  if (kind === 'timeout' || code === 'EAI_AGAIN') {
    const fix = { title: 'See whether this computer’s name server answers', command: `getent hosts ${nameInText(aim)}` }
    if (kind === 'timeout') return fail('TIMEOUT', `Looking up ${name} took too long: the name server does not answer.`, { fix, facts })
    return fail('DNS_OR_CONN_REFUSED', `${name} could not be looked up: the name server does not answer or fails.`, { fix, facts })
  }
  const fix = { title: 'Add a record at your DNS provider, with the address of your proxy', snippet: record(aim) }
  if (code === 'ENOTFOUND' || code === 'ENODATA') return fail('DNS_OR_CONN_REFUSED', `${name} has no address in the DNS.`, { fix, facts })
  return fail('DNS_OR_CONN_REFUSED', `${name} could not be looked up (${code}).`, { fix, facts })
}

function record(aim: Aim): string {
  return `${aim.literal ? 'gateway.example.com' : nameInText(aim)}.  300  IN  A  203.0.113.10`
}

function naming({ name, literal }: Aim, addresses: readonly string[]): string {
  if (literal) return `The address is ${name}`
  const [only] = addresses
  return addresses.length === 1 ? `${name} has the address ${only}` : `${name} has the addresses ${addresses.join(', ')}`
}

const notes: Record<Exclude<Reach, 'public'>, string> = {
  loopback: ', which only this computer reaches',
  private: ', which only the same network reaches',
  shared: ', which is inside a tailnet or behind the NAT of a provider (100.64/10), so the internet does not reach it',
}

function reachNote(addresses: readonly string[]): string {
  const reaches = new Set(addresses.map(reachOfAddress))
  const [only] = reaches
  return reaches.size !== 1 || only === undefined || only === 'public' ? '' : notes[only]
}
