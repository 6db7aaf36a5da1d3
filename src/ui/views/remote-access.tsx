import type { JSX } from 'preact'
import { useSight } from '../context.ts'
import { Conflicts } from '../parts/conflicts.tsx'
import { TabList } from '../parts/tab-list.tsx'
import { Ago } from '../parts/time.tsx'
import { hashOf, type TabName, tabs, usePlace } from '../route.ts'
import { Lan } from '../tabs/lan.tsx'
import { Later } from '../tabs/later.tsx'
import { Overview } from '../tabs/overview.tsx'
import { ReverseProxy } from '../tabs/reverse-proxy.tsx'
import { Ssh } from '../tabs/ssh.tsx'
import { lastVerified, reachOf } from '../words.ts'

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
  tailscale: () => <Later name="Tailscale Serve" what="Publishing the gateway to your own tailnet" />,
  public: () => <Later name="The public tunnel" what="A public HTTPS address for the gateway" />,
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
      <Conflicts conflicts={overview?.conflicts ?? []} />
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
