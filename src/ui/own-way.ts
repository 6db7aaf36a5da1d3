import type { AccessId, Audience, Overview, Status } from '../lib/protocol/http-api.ts'
import type { Facts } from './facts.ts'
import type { Danger } from './danger.ts'

/** Where the page is to be had once its own way is closed. */
export interface Elsewhere {
  text: string
  url?: string
  command?: string
}

/** What a person is asked before closing the way that this very page came by, and told afterwards. */
export interface Closing {
  question: Omit<Danger, 'act'>
  after: Elsewhere
}

/** How this page was opened, and what the gateway says of itself. */
export interface Way {
  /** `location.origin`. */
  origin: string
  face: Facts['face']
  overview: Overview | null
  status: Status | null
}

/** Closing a way in, where the page came by it; null where it did not. Pure. */
export function closing(id: AccessId, way: Omit<Way, 'status'>): Closing | null {
  const { origin, overview } = way
  const { who, verb } = wordsOf(id, overview)
  if (!cameBy(id, way)) return null
  return {
    question: {
      title: 'Close the way that you came by?',
      sentences: [
        `You opened this page by ${origin}, which stops answering: here, and for everybody else ${who}.`,
        'What they have open by it is closed.',
        'To go on, you need the gateway’s computer, or another way in that is open.',
      ],
      verb,
    },
    after: { text: 'You closed the way that you came by. On the gateway’s computer, this opens the page:', command: 'xopc ui' },
  }
}

/** Taking the internet away from an address by which the page came; null where it came by another. Whoever is in the tailnet stays, which a page cannot tell of itself. Pure. */
export function narrowing(way: Omit<Way, 'status'>): Closing['question'] | null {
  if (!cameBy('tailscale', way) || audienceOf('tailscale', way.overview) !== 'internet') return null
  return {
    title: 'Leave it to your tailnet alone?',
    sentences: [
      `You opened this page by ${way.origin}, which answers nobody but the devices of your tailnet from then on.`,
      'Where this one is none of them, you need the gateway’s computer, or another way in that is open.',
    ],
    verb: 'Leave it to your tailnet',
  }
}

function cameBy(id: AccessId, { origin, face, overview }: Omit<Way, 'status'>): boolean {
  const method = overview?.methods.find((each) => each.id === id)
  // `xopc ui` has a door of its own, which no way in leads to; and a proxy goes on when its name is forgotten.
  return face !== 'ui' && id !== 'proxy' && method !== undefined && 'urls' in method.state && method.state.urls.includes(origin)
}

function audienceOf(id: AccessId, overview: Overview | null): Audience | undefined {
  return overview?.methods.find((each) => each.id === id)?.audience
}

function wordsOf(id: AccessId, overview: Overview | null): { who: string; verb: string } {
  if (id === 'tunnel') return { who: 'who comes by it', verb: 'Stop the public tunnel' }
  if (id !== 'tailscale') return { who: 'on the network', verb: 'Close the local network' }
  const funnel = audienceOf(id, overview) === 'internet'
  return funnel ? { who: 'who comes by it', verb: 'Disable Funnel' } : { who: 'on your tailnet', verb: 'Disable Serve' }
}

/** What saving a setting would close; null where it leaves this page its way. Pure. */
export function closingSetting(path: string, value: unknown, way: Way): Closing | null {
  if (path === 'gateway.bind') return value === 'lan' || value === '0.0.0.0' || value === '::' ? null : closing('lan', way)
  if (path === 'gateway.tailscale.mode') return value === 'off' ? closing('tailscale', way) : null
  if (path === 'tunnel.enabled') return value === true ? null : closing('tunnel', way)
  // Another broker or name is another address.
  if (path === 'tunnel.brokerUrl' || path === 'tunnel.subdomain') return closing('tunnel', way)
  if (path === 'gateway.tailscale.httpsPort') return movingTailnetPort(value, way)
  return path === 'gateway.port' ? closingPort(value, way) : null
}

function movingTailnetPort(value: unknown, way: Way): Closing | null {
  if (typeof value !== 'number' || !cameBy('tailscale', way)) return null
  const moved = new URL(way.origin)
  moved.port = String(value)
  return moved.origin === way.origin ? null : moving(way.origin, moved.origin, value)
}

function closingPort(value: unknown, { origin, face, status }: Way): Closing | null {
  const here = new URL(origin)
  // Only who came without a proxy has the gateway's own port in the address.
  if (face === 'ui' || status === null || here.protocol !== 'http:' || here.port !== new URL(status.url).port) return null
  if (typeof value !== 'number' || String(value) === here.port) return null
  return moving(origin, `http://${here.hostname}:${value}`, value)
}

function moving(origin: string, url: string, port: number): Closing {
  return {
    question: {
      title: 'Move the gateway to another port?',
      sentences: [
        `This page is at ${origin}, which stops answering. The gateway is at ${url} from then on.`,
        'Devices that know the old address do not find it any more, nor does a proxy that leads there.',
      ],
      verb: `Move to port ${port}`,
    },
    after: { text: 'The gateway moved. It is at', url },
  }
}
