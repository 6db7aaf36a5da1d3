import type { Config } from '../../config/schema.ts'
import type { HealthAnswer } from '../../probe/health.ts'
import type { Finding } from '../../protocol/http-api.ts'
import { candidates, chosen, intended, type LanFacts, missing, refusal } from './plan.ts'

/** What was looked at for `diagnose`. */
export interface LanSight {
  config: Config
  facts: LanFacts
  /** What each URL that should answer said. */
  answers: readonly { url: string; answer: HealthAnswer }[]
  /** `/etc/ufw/ufw.conf`, or null where there is none. */
  ufwConf: string | null
}

/** What was found, the most basic first. Pure. */
export function findings(sight: LanSight): Finding[] {
  return [intent(sight), addresses(sight), ...notes(sight), ...answered(sight), firewall(sight)]
}

function intent({ config, facts }: LanSight): Finding {
  const title = 'Switched on'
  if (!intended(config)) {
    const fix = { title: 'Switch it on', command: 'xopc lan on' }
    return { code: 'LAN_INTENT', title, status: 'skip', detail: 'The local network is not asked for.', fix }
  }
  const refused = refusal(config, facts)
  if (refused === null) return { code: 'LAN_INTENT', title, status: 'pass', detail: `gateway.bind is ${config.gateway.bind}.` }
  return { code: refused.code, title, status: 'fail', detail: refused.message, fix: { title: refused.hint ?? refused.message } }
}

function addresses({ config, facts }: LanSight): Finding {
  const title = 'Addresses'
  const absent = missing(config, facts)
  if (absent !== null)
    return { code: absent.code, title, status: 'fail', detail: absent.message, fix: { title: absent.hint ?? absent.message } }
  const list = chosen(config, facts).map((local) => `${local.address} (${local.interface})`)
  return { code: 'LAN_ADDRESSES', title, status: 'pass', detail: list.join(', ') }
}

function notes({ config, facts }: LanSight): Finding[] {
  const noted = candidates(config, facts).filter(({ note }) => note !== null)
  return noted.map(({ url, note }) => ({ code: 'LAN_ADDRESS_NOTE', title: url, status: 'warn', detail: `${note}.` }))
}

function answered({ answers }: LanSight): Finding[] {
  return answers.map(({ url, answer }) => {
    const title = `${url} from this computer itself`
    if (answer.ok) return { code: 'LAN_ANSWERS', title, status: 'pass', detail: `It answers, in ${answer.ms} ms.` }
    return {
      code: 'LAN_ANSWERS',
      title,
      status: 'fail',
      detail: `It does not answer: ${answer.detail}.`,
      fix: { title: 'See why', command: 'xopc gateway logs' },
    }
  })
}

function firewall({ config, ufwConf }: LanSight): Finding {
  const title = 'Firewall of this computer'
  if (ufwConf === null || !/^\s*ENABLED\s*=\s*yes\s*$/im.test(ufwConf)) {
    const detail = 'Not looked at: only another device can tell whether a firewall lets it in.'
    return { code: 'LAN_FIREWALL', title, status: 'skip', detail }
  }
  const port = config.gateway.port
  const fix = { title: 'Let the network in', command: `sudo ufw allow ${port}/tcp` }
  // Which rules it has only root may read, so more than a warning would be a guess.
  return { code: 'LAN_FIREWALL', title, status: 'warn', detail: `ufw is switched on and may keep other devices from port ${port}.`, fix }
}
