import ipaddr from 'ipaddr.js'
import type { Config } from '../config/schema.ts'
import { isProxyUnproven } from '../config/rules-auth.ts'
import type { ErrorInfo, XopcError } from '../errors/error.ts'
import { configErrors } from '../config/errors.ts'
import { configInvalid } from '../config/problems.ts'
import type { ConfigProblem, Conflict, MethodView } from '../protocol/http-api.ts'
import { coreErrors } from './errors.ts'

/** What conflicts are judged by. */
export interface ConflictFacts {
  config: Config
  methods: readonly MethodView[]
  notTaken: NotTaken | null
  /** Why doors that the configuration asks for are not open. */
  refused: readonly ErrorInfo[]
}

/** A configuration file that the running gateway could not use. */
export interface NotTaken {
  path: string
  /** Nothing of it is in effect; otherwise only what the problems say. */
  whole: boolean
  problems: readonly ConfigProblem[]
}

/** What cannot hold together, or will not work, with the way out; the worst first. Pure. */
export function conflicts({ config, methods, notTaken, refused }: ConflictFacts): Conflict[] {
  return [
    ...brokenFile(notTaken),
    ...refused.filter(({ code }) => !notTaken?.problems.some((problem) => problem.code === code)).map(notOpen),
    ...openToAll(config, methods),
    ...unprovenProxy(config),
    ...bothExposures(config),
    ...internetByAddress(methods),
    ...answersAsAnother(methods),
    ...taken(methods),
    ...identities(methods),
    ...wideTrust(config),
  ]
}

function brokenFile(notTaken: NotTaken | null): Conflict[] {
  if (notTaken === null) return []
  if (!notTaken.whole) return notTaken.problems.map(notFollowed)
  const { code, message } = configInvalid(notTaken.path, notTaken.problems)
  return [
    {
      code,
      message: `${message} The gateway goes on with what it had.`,
      fix: { title: 'See every problem', command: 'xopc config validate' },
    },
  ]
}

function notFollowed({ code, message }: ConfigProblem): Conflict {
  return {
    code,
    message: `${message} The gateway goes on where it was.`,
    fix: { title: 'Choose another value', command: 'xopc config edit' },
  }
}

function notOpen({ code, message, hint }: ErrorInfo): Conflict {
  return { code, message, fix: { title: hint ?? message } }
}

function openToAll({ gateway }: Config, methods: readonly MethodView[]): Conflict[] {
  const exposed = methods.find(({ intended }) => intended)
  if (gateway.auth.mode !== 'none' || exposed === undefined) return []
  const message = `gateway.auth.mode is none while ${exposed.id} is switched on: whoever can come in is let in.`
  const fix = { title: 'Ask for a token', command: 'xopc config set gateway.auth.mode=token' }
  return [{ code: 'EXPOSURE_NEEDS_AUTH', message, fix }]
}

function unprovenProxy(config: Config): Conflict[] {
  if (!isProxyUnproven(config)) return []
  const { code, message } = configErrors.TRUSTED_PROXY_UNPROVEN()
  const title = 'Give your proxy a secret, and let it send that as X-Xopc-Proxy-Secret'
  return [{ code, message, fix: { title, command: 'xopc config set --stdin gateway.auth.trustedProxy.sharedSecret' } }]
}

function bothExposures({ gateway, tunnel }: Config): Conflict[] {
  if (gateway.tailscale.mode === 'off' || !(tunnel.enabled || tunnel.autoStart)) return []
  const message = `The configuration asks for Tailscale (${gateway.tailscale.mode}) and the public tunnel; only one at a time is started, so neither is.`
  const ways = [
    { title: 'Keep Tailscale', command: 'xopc config set tunnel.enabled=false tunnel.autoStart=false' },
    { title: 'Keep the public tunnel', command: 'xopc tailscale off' },
  ] as const
  return [{ code: 'EXPOSURE_CONFLICT', message, fix: ways[0], otherwise: ways[1] }]
}

function internetByAddress(methods: readonly MethodView[]): Conflict[] {
  const open = methods.filter(({ id, intended, audience }) => id === 'lan' && intended && audience === 'internet')
  return open.map(() => conflictOf(coreErrors.LAN_IS_PUBLIC(), { title: 'Listen on private addresses only', command: 'xopc lan on' }))
}

/** What answers at an address of ours, and is not us; other faults of an address are its method's own. */
const others: ReadonlySet<string> = new Set(['WRONG_GATEWAY', 'NOT_XOPC_GATEWAY'])

function answersAsAnother(methods: readonly MethodView[]): Conflict[] {
  return methods.flatMap(({ id, state }) => {
    if (id !== 'proxy' || state.phase !== 'degraded' || !others.has(state.error.code)) return []
    const fix = { title: 'Take the name back until it leads here', command: 'xopc proxy clear' }
    return [conflictOf(coreErrors.PUBLIC_URL_IS_ANOTHER({ url: state.urls[0] ?? '' }), fix)]
  })
}

/** Somebody else's entry in Tailscale, at the place that ours wants. */
function taken(methods: readonly MethodView[]): Conflict[] {
  return methods.flatMap(({ state }) => {
    if (state.phase !== 'blocked' || state.needs.code !== 'TAILSCALE_PORT_TAKEN') return []
    const { code, message, hint = '' } = state.needs
    const command = /xopc tailscale \S+ --port \d+$/.exec(hint)?.[0]
    return [{ code, message, fix: { title: 'Take another port', ...(command === undefined ? {} : { command }) } }]
  })
}

/** Two gateways with one key: the one that stands back, and the one that heard of another. */
function identities(methods: readonly MethodView[]): Conflict[] {
  return methods.flatMap(({ state, warning }) => {
    const blocked = state.phase === 'blocked' && state.needs.code === 'TUNNEL_IDENTITY_IN_USE' ? state.needs : null
    const error = blocked ?? warning ?? null
    return error === null ? [] : [{ code: error.code, message: error.message, fix: { title: error.hint ?? error.message } }]
  })
}

function conflictOf({ code, message }: XopcError, fix: Conflict['fix']): Conflict {
  return { code, message, fix }
}

/** A range that holds more computers than any proxy runs on: the whole of Docker's or a company's addresses (attack A23). */
function isVeryWide(range: string): boolean {
  if (!ipaddr.isValidCIDR(range)) return false
  const [address, bits] = ipaddr.parseCIDR(range)
  return bits <= (address.kind() === 'ipv4' ? 16 : 48)
}

function wideTrust({ gateway }: Config): Conflict[] {
  const fix = { title: 'Name the one address that your proxy connects from', command: 'xopc config edit' }
  return gateway.trustedProxies.filter(isVeryWide).map((range) => conflictOf(coreErrors.TRUSTED_PROXIES_WIDE({ range }), fix))
}
