/** What the server wrote on the page's body: which page it is, and what it may do. */
export interface Facts {
  /** `tailscale`: nobody signs in here by anything else, but for a pairing code. */
  view: 'token' | 'password' | 'tailscale' | 'overview' | 'pair'
  /** `ui`: served by `xopc ui` on this computer instead of by the gateway itself. */
  face: 'gateway' | 'ui'
  /** An app is behind the gateway and shares this address. */
  upstream: boolean
  /** Tailscale says who this visitor is, if they want. */
  tailscale: boolean
  /** Who is signed in without the session key: `session`, `tailscale` (a session of whom Tailscale names), `device`, `sso`, `local`, `owner`, or `anonymous`. */
  who: string
  /** Of the pair page: the gateway's key as `SHA256:…`. */
  fingerprint: string
  /** Of the pair page: the gateway's computer, told only where a code waits for this address; else empty. */
  name: string
}

const views = ['token', 'password', 'tailscale', 'overview', 'pair'] as const

/** Reads them. Throws nothing: what is missing is as if nobody were signed in. */
export function readFacts({ dataset }: HTMLElement): Facts {
  return {
    view: views.find((view) => view === dataset['view']) ?? 'token',
    face: dataset['face'] === 'ui' ? 'ui' : 'gateway',
    upstream: dataset['upstream'] === 'yes',
    tailscale: dataset['tailscale'] === 'yes',
    who: dataset['who'] ?? 'anonymous',
    fingerprint: dataset['fingerprint'] ?? '',
    name: dataset['name'] ?? '',
  }
}
