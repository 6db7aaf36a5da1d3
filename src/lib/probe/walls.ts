import type { Culprit } from '../protocol/http-api.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { header, type Reply } from './reply.ts'

/** A sign-in page in front of the gateway. */
export interface Wall {
  /** `Authelia`, or in words where nothing tells: `A sign-in page`. */
  name: string
  culprit: Culprit
}

type Where = 'location' | 'cookie' | 'header'

/** How sign-in programs give themselves away: where they lead, the cookies they set, the headers they add. */
const signs: readonly [program: string, where: Where, pattern: RegExp, header?: string][] = [
  ['Cloudflare Access', 'location', /^https:\/\/[^/]+\.cloudflareaccess\.com\//],
  ['Cloudflare Access', 'header', /cloudflare-access/i, 'WWW-Authenticate'],
  ['Cloudflare Access', 'cookie', /^CF_(AppSession|Authorization)=/],
  ['oauth2-proxy', 'location', /\/oauth2\/(start|sign_in|auth)\b/],
  ['oauth2-proxy', 'cookie', /^_oauth2_proxy/],
  ['Authelia', 'cookie', /^authelia_session=/],
  ['Authelia', 'location', /[?&]rd=[^&]+&rm=[A-Z]+/],
  ['authentik', 'location', /\/outpost\.goauthentik\.io\/|\/if\/flow\//],
  ['Pomerium', 'location', /\/\.pomerium\//],
  ['Pomerium', 'cookie', /^_pomerium/],
  ['Google IAP', 'header', /./, 'X-Goog-Iap-Generated-Response'],
  ['Keycloak', 'location', /\/realms\/[^/]+\/protocol\/openid-connect\/auth/],
  ['Microsoft', 'location', /^https:\/\/login\.microsoftonline\.com\//],
  ['Google', 'location', /^https:\/\/accounts\.google\.com\//],
  ['Okta', 'location', /^https:\/\/[^/]+\.okta(preview)?\.com\//],
  ['Auth0', 'location', /^https:\/\/[^/]+\.auth0\.com\//],
  ['Amazon Cognito', 'location', /^https:\/\/[^/]+\.amazoncognito\.com\//],
  ['Tailscale', 'location', /^https:\/\/login\.tailscale\.com\//],
]

/** The sign-in that this reply is, or null. A page with a password field counts, whatever its status. */
export function wallIn(reply: Reply): Wall | null {
  for (const [program, where, pattern, name] of signs) {
    const evidence = evidenceIn(reply, where, pattern, name)
    if (evidence !== null) return { name: program, culprit: { program, evidence } }
  }
  return /<input[^>]+type\s*=\s*["']?password/i.test(reply.body)
    ? { name: 'A sign-in page', culprit: { program: null, evidence: null } }
    : null
}

/** Whether the reply asks for a name and password in HTTP's own way. */
export function asksForBasic({ headers }: Reply): boolean {
  return (headers.get('www-authenticate') ?? []).some((line) => /^(basic|digest|negotiate|ntlm)\b/i.test(line.trim()))
}

/** Never a whole cookie or address: both may hold somebody's session. */
function evidenceIn({ headers }: Reply, where: Where, pattern: RegExp, name = ''): string | null {
  switch (where) {
    case 'location': {
      const location = header(headers, 'location')
      return pattern.test(location) ? `a redirect to ${placeOf(location)}` : null
    }
    case 'cookie': {
      const cookie = headers.get('set-cookie')?.find((line) => pattern.test(line))
      return cookie === undefined ? null : `its cookie ${cleanText(cookie.split('=')[0] ?? '', 40)}`
    }
    case 'header':
      return pattern.test(header(headers, name.toLowerCase())) ? `${name}: ${cleanText(header(headers, name.toLowerCase()), 80)}` : null
  }
}

/** Where a Location leads, without its query. */
function placeOf(location: string): string {
  return cleanText(location.split(/[?#]/)[0] ?? '', 100)
}
