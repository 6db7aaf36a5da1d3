import type { Overview, Status } from '../lib/protocol/http-api.ts'
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

/** Closing the local network, where the page came by it; null where it did not. Pure. */
export function closingLan({ origin, face, overview }: Omit<Way, 'status'>): Closing | null {
  const lan = overview?.methods.find(({ id }) => id === 'lan')
  // `xopc ui` has a door of its own, which no way in leads to.
  if (face === 'ui' || lan === undefined || !('urls' in lan.state) || !lan.state.urls.includes(origin)) return null
  return {
    question: {
      title: 'Close the way that you came by?',
      sentences: [
        `You opened this page by ${origin}, which stops answering: here, and for everybody else on the network.`,
        'What they have open by it is closed.',
        'To go on, you need the gateway’s computer, or another way in that is open.',
      ],
      verb: 'Close the local network',
    },
    after: { text: 'You closed the way that you came by. On the gateway’s computer, this opens the page:', command: 'xopc ui' },
  }
}

/** What saving a setting would close; null where it leaves this page its way. Pure. */
export function closingSetting(path: string, value: unknown, way: Way): Closing | null {
  if (path === 'gateway.bind') return value === 'lan' || value === '0.0.0.0' || value === '::' ? null : closingLan(way)
  return path === 'gateway.port' ? closingPort(value, way) : null
}

function closingPort(value: unknown, { origin, face, status }: Way): Closing | null {
  const here = new URL(origin)
  // Only who came without a proxy has the gateway's own port in the address.
  if (face === 'ui' || status === null || here.protocol !== 'http:' || here.port !== new URL(status.url).port) return null
  if (typeof value !== 'number' || String(value) === here.port) return null
  const url = `http://${here.hostname}:${value}`
  return {
    question: {
      title: 'Move the gateway to another port?',
      sentences: [
        `This page is at ${origin}, which stops answering. The gateway is at ${url} from then on.`,
        'Devices that know the old address do not find it any more, nor does a proxy that leads there.',
      ],
      verb: `Move to port ${value}`,
    },
    after: { text: 'The gateway moved. It is at', url },
  }
}
