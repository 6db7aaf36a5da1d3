import type { JSX } from 'preact'
import type { Conflict, Overview as Seen } from '../../lib/protocol/http-api.ts'
import { useSight } from '../context.ts'
import { Conflicts } from '../parts/conflicts.tsx'
import { TabList } from '../parts/tab-list.tsx'
import { Ago } from '../parts/time.tsx'
import { hashOf, type TabName, tabs, usePlace } from '../route.ts'
import { Lan } from '../tabs/lan.tsx'
import { Overview } from '../tabs/overview.tsx'
import { ReverseProxy } from '../tabs/reverse-proxy.tsx'
import { Ssh } from '../tabs/ssh.tsx'
import { Tailscale } from '../tabs/tailscale.tsx'
import { Tunnel } from '../tabs/tunnel.tsx'
import { lastVerified, methodTabs, reachOf } from '../words.ts'

const words: Record<TabName, string> = {
  overview: 'Overview',
  tailscale: 'Tailscale',
  public: 'Public internet',
  'reverse-proxy': 'Reverse proxy',
  ssh: 'SSH tunnel',
  lan: 'Local network',
}

const bodies: Record<TabName, () => JSX.Element | null> = {
  overview: Overview,
  tailscale: Tailscale,
  public: Tunnel,
  'reverse-proxy': ReverseProxy,
  ssh: Ssh,
  lan: Lan,
}

/** Who can reach the gateway, and every way in. */
export function RemoteAccess(): JSX.Element {
  const { tab } = usePlace()
  const { overview } = useSight()
  const Body = bodies[tab]
  return (
    <>
      <Reach />
      <Conflicts conflicts={conflictsBeside(tab, overview)} />
      <TabList
        id="tab"
        label="Remote access"
        tabs={tabs.map((name) => ({ name, words: words[name] }))}
        current={tab}
        choose={(name) => location.replace(hashOf('remote-access', name))}
      />
      <section id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
        <Body key={tab} />
      </section>
    </>
  )
}

/** Without what the tab itself waits for, and tells more of. */
function conflictsBeside(tab: TabName, overview: Seen | null): Conflict[] {
  const waited = overview?.methods.flatMap(({ id, state, warning }) =>
    methodTabs[id] !== tab ? [] : [...('needs' in state ? [state.needs.code] : []), ...(warning === undefined ? [] : [warning.code])],
  )
  return overview?.conflicts.filter(({ code }) => waited?.includes(code) !== true) ?? []
}

/** The sentence that is the product. */
function Reach(): JSX.Element | null {
  const { overview, status } = useSight()
  if (overview === null || status === null) return null
  const { text, alarm } = reachOf(overview, status, location.origin)
  const verified = lastVerified(overview.methods)
  return (
    <div class="reach">
      <p id="reach" role="status" class={alarm ? 'bad strong' : ''}>
        {text}
      </p>
      {verified !== null && (
        <span class="quiet small">
          verified <Ago at={verified} />
        </span>
      )}
    </div>
  )
}
