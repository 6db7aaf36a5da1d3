import type { Config } from '../../config/schema.ts'
import type { Finding, Stage, Verdict } from '../../protocol/http-api.ts'
import { intended, refusal } from './plan.ts'

const titles: Record<Stage['stage'], string> = {
  dns: 'The name is found',
  tcp: 'Something listens there',
  tls: 'Its certificate is good',
  http: 'A gateway answers',
  identity: 'It is this gateway',
  auth: 'Credentials arrive, and are asked for',
  sse: 'Events arrive as they are sent',
  websocket: 'WebSockets open',
  headers: 'Name, scheme and visitor arrive',
}

/** The setting, then each stage of the test as a finding. Pure. `verdict` is null where nothing was tested. */
export function findings(config: Config, verdict: Verdict | null): Finding[] {
  return [intent(config), ...(verdict?.stages.map(finding) ?? [])]
}

function intent(config: Config): Finding {
  const title = 'Public URL'
  if (!intended(config)) {
    const fix = { title: 'Name it', command: 'xopc proxy set https://gateway.example.com' }
    return { code: 'PROXY_INTENT', title, status: 'skip', detail: 'gateway.publicUrl is not set.', fix }
  }
  const refused = refusal(config)
  if (refused !== null)
    return { code: refused.code, title, status: 'fail', detail: refused.message, fix: { title: refused.hint ?? refused.message } }
  return { code: 'PROXY_INTENT', title, status: 'pass', detail: `gateway.publicUrl is ${config.gateway.publicUrl}.` }
}

function finding({ stage, status, detail, code, fix }: Stage): Finding {
  return {
    code: code ?? `PROXY_${stage.toUpperCase()}`,
    title: titles[stage],
    status,
    detail,
    ...(fix === undefined ? {} : { fix }),
  }
}
