import { prepareFrpc } from '../../binaries/frpc.ts'
import { type ErrorInfo, XopcError } from '../../errors/error.ts'
import type { Finding } from '../../protocol/http-api.ts'
import type { AccessContext } from '../access-method.ts'
import { discover } from './broker.ts'
import type { Link } from './link.ts'
import { consentMissing, intended, refusal } from './plan.ts'

/** What was looked at: the settings, frpc, the broker, and the connection where there is one. Throws only the signal's reason. */
export async function findings(context: AccessContext, link: Link | null, signal: AbortSignal): Promise<Finding[]> {
  const [frpc, broker] = await Promise.all([frpcFinding(context, signal), brokerFinding(context, signal)])
  return [intentFinding(context), settingsFinding(context), frpc, broker, ...linkFindings(link)]
}

function intentFinding({ config }: AccessContext): Finding {
  const title = 'Switched on'
  if (intended(config())) return { code: 'TUNNEL_INTENT', title, status: 'pass', detail: 'tunnel.enabled is true.' }
  const fix = { title: 'Switch it on', command: 'xopc tunnel start' }
  return { code: 'TUNNEL_INTENT', title, status: 'skip', detail: 'The public tunnel is not asked for.', fix }
}

function settingsFinding({ config }: AccessContext): Finding {
  const title = 'Agreement and secret'
  const missing = refusal(config()) ?? consentMissing(config())
  return missing === null
    ? { code: 'TUNNEL_SETTINGS', title, status: 'pass', detail: 'You agreed to the public tunnel, and there is a secret for the broker.' }
    : failed(title, missing.info())
}

async function frpcFinding({ state }: AccessContext, signal: AbortSignal): Promise<Finding> {
  const title = 'frpc, the program that holds the tunnel'
  try {
    const { program, version, warning } = await prepareFrpc({ state, env: process.env, fetch: false, signal })
    if (warning !== null) return { ...failed(title, warning.info()), status: 'warn' }
    return { code: 'TUNNEL_FRPC', title, status: 'pass', detail: `${version}, with the digest of the official release, at ${program}.` }
  } catch (error) {
    if (!(error instanceof XopcError)) throw error
    return failed(title, error.info())
  }
}

async function brokerFinding({ config }: AccessContext, signal: AbortSignal): Promise<Finding> {
  const title = 'Broker'
  try {
    const { frp, frpcVersion } = await discover(config().tunnel.brokerUrl, signal)
    const detail = `It answers; its server is ${frp.serverAddr}:${frp.serverPort}, its names end in ${frp.subdomainHost}, and it speaks to frpc ${frpcVersion.replace(/[^\w.-]/g, '')}.`
    return { code: 'TUNNEL_BROKER', title, status: 'pass', detail }
  } catch (error) {
    if (!(error instanceof XopcError)) throw error
    return failed(title, error.info())
  }
}

function linkFindings(link: Link | null): Finding[] {
  if (link === null) return []
  const title = 'Connection'
  const state = link.state()
  if ('fault' in state) return [failed(title, state.fault.info())]
  const beat = link.lastHeartbeatAt()
  const heard = beat === null ? 'the broker was not asked since' : `the broker was last heard of at ${new Date(beat).toISOString()}`
  return [
    { code: 'TUNNEL_CONNECTION', title, status: state.kind === 'serving' ? 'pass' : 'warn', detail: `frpc is ${state.kind}; ${heard}.` },
  ]
}

function failed(title: string, { code, message, hint = message }: ErrorInfo): Finding {
  return { code, title, status: 'fail', detail: message, fix: { title: hint } }
}
