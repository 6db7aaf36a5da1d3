/** What an app learns from a pairing code. */
export interface AppLink {
  /** Of the pairing code, not a secret. */
  id: string
  baseUrl: string
  /** The same gateway in its own network, where that is another address. */
  lanUrl: string | null
  /** Good for one exchange. */
  secret: string
}

const PREFIX = 'xopc://gateway/mobile-connect?'
/** Where a browser's link leads, on every gateway. */
export const PAIR_PAGE = '/xopc/pair'

/** The link that the app opens, and that its QR code holds. It carries a pairing secret and never the owner's token. */
export function appLink({ id, baseUrl, lanUrl, secret }: AppLink): string {
  const lan = lanUrl === null ? {} : { lanUrl }
  return `${PREFIX}${new URLSearchParams({ v: '2', sid: id, baseUrl, ...lan, ps: secret }).toString()}`
}

/** Reads such a link; null where it is none of this version. */
export function readAppLink(link: string): AppLink | null {
  if (!link.startsWith(PREFIX)) return null
  const values = new URLSearchParams(link.slice(PREFIX.length))
  const [id, baseUrl, secret] = [values.get('sid'), values.get('baseUrl'), values.get('ps')]
  if (values.get('v') !== '2' || id === null || baseUrl === null || secret === null) return null
  return { id, baseUrl, lanUrl: values.get('lanUrl'), secret }
}

/** The link that any browser opens. The secret is in the fragment, which browsers send nowhere. */
export function browserLink({ baseUrl, secret }: Pick<AppLink, 'baseUrl' | 'secret'>): string {
  return `${baseUrl}${PAIR_PAGE}#ps=${secret}`
}

/** The secret in the fragment of a browser's link (`location.hash`); null where there is none. */
export function secretOf(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('ps')
}
