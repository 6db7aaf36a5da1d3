import type { Config } from '../../config/schema.ts'
import type { ErrorInfo } from '../../errors/error.ts'
import type { Finding } from '../../protocol/http-api.ts'
import { describeEntry } from './entry.ts'
import type { TailscaleFacts } from './facts.ts'
import { intended, obstacle } from './plan.ts'

/** What was found, the most basic first. Pure. */
export function findings(config: Config, facts: TailscaleFacts): Finding[] {
  return [
    intent(config),
    ...(facts.problem === null ? [] : [problem(facts.problem)]),
    ...state(config, facts),
    ...https(facts),
    ...userspace(config, facts),
    ...served(facts),
  ]
}

function intent(config: Config): Finding {
  const title = 'Switched on'
  if (intended(config))
    return { code: 'TAILSCALE_INTENT', title, status: 'pass', detail: `gateway.tailscale.mode is ${config.gateway.tailscale.mode}.` }
  const fix = { title: 'Switch it on', command: 'xopc tailscale serve' }
  return { code: 'TAILSCALE_INTENT', title, status: 'skip', detail: 'Tailscale is not asked for.', fix }
}

/** Why nothing else could be looked at. Pure. */
export function problem({ code, message, hint = message }: ErrorInfo): Finding {
  return { code, title: 'Tailscale on this computer', status: 'fail', detail: message, fix: { title: hint } }
}

function state(config: Config, facts: TailscaleFacts): Finding[] {
  const { status } = facts
  if (status === null) return []
  const title = 'Connection to the tailnet'
  const blocked = obstacle(config, facts)
  if (blocked === null)
    return [{ code: 'TAILSCALE_STATE', title, status: 'pass', detail: `Connected as ${status.name ?? 'a computer without a name'}.` }]
  const { code, message, hint = message } = blocked.needs
  return [
    {
      code,
      title,
      status: 'fail',
      detail: message,
      fix: { title: hint, ...(blocked.command === undefined ? {} : { command: blocked.command }) },
    },
  ]
}

function https({ status }: TailscaleFacts): Finding[] {
  if (status?.state !== 'Running') return []
  const title = 'Certificates'
  if (status.https)
    return [
      { code: 'TAILSCALE_HTTPS', title, status: 'pass', detail: `The tailnet gives certificates for ${status.certDomains.join(', ')}.` },
    ]
  const fix = { title: 'Switch on HTTPS for your tailnet, at https://login.tailscale.com/admin/dns' }
  return [{ code: 'TAILSCALE_HTTPS', title, status: 'fail', detail: 'The tailnet gives no certificates.', fix }]
}

/** Where nobody is asked, whoever comes from this computer counts; and there the tailnet does. */
function userspace({ gateway }: Config, { status }: TailscaleFacts): Finding[] {
  if (gateway.auth.mode !== 'none' || status === null || status.tun) return []
  const detail =
    'Tailscale has no network device here, so devices of the tailnet reach every port as if they were programs of this computer, and this gateway asks those for nothing.'
  const fix = { title: 'Ask for a token', command: 'xopc config set gateway.auth.mode=token' }
  return [{ code: 'TAILSCALE_USERSPACE', title: 'Who comes from this computer', status: 'warn', detail, fix }]
}

/** Everything that this computer serves, and whose it is. */
function served({ serving, own }: TailscaleFacts): Finding[] {
  return serving.entries.map((entry) => {
    const whose = own.includes(entry.target) ? 'ours' : 'not ours, left alone'
    const detail = `${describeEntry(entry)}${entry.funnel ? ', open to the internet' : ''} (${whose})`
    return { code: 'TAILSCALE_ENTRY', title: 'Served by this computer', status: 'pass' as const, detail }
  })
}
