import { hostname } from 'node:os'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config/schema.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import { PAGE_POLICY } from '../../protocol/page-policy.ts'
import type { Exchange } from '../edge/exchange.ts'
import { isVouchedByTailscale } from '../edge/tailscale-door.ts'
import { type PageFile, pageFiles } from './console-files.ts'
import { explanations } from './console-texts.ts'
import type { ControlContext } from './context.ts'

/** Of a computer's name, in characters. */
const LONGEST = 64

/**
 * Which page a person sees: the overview, where they are signed in; else one that takes the secret of the auth mode, or one that explains how to
 * sign in by other means; `tailscale` where Tailscale says who a visitor is and nothing else is taken; `pair` is where the link of a pairing code leads.
 */
type View = Config['gateway']['auth']['mode'] | 'upstream' | 'tailscale' | 'overview' | 'pair'

type PageContext = Pick<ControlContext, 'config' | 'pairing' | 'signer'>

/** Answers with the page or one of its files, and says so; false where the path is neither. Throws `PAGE_NOT_BUILT`, `FILE_NOT_READABLE`. */
export async function answerPage(request: FastifyRequest, reply: FastifyReply, exchange: Exchange, context: PageContext): Promise<boolean> {
  const [path = '/'] = request.url.split('?', 1)
  const view = viewAt(path, exchange, context.config.current())
  const { document, files } = await pageFiles()
  const file = files.get(path)
  if (view === null && file === undefined) return false
  void reply.header('content-security-policy', PAGE_POLICY)
  if (file !== undefined) sendFile(request, reply, file)
  else if (view !== null) void reply.type('text/html; charset=utf-8').send(pageOf(document, view, exchange, context))
  return true
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, { type, bytes, gzip, etag, immutable }: PageFile): void {
  void reply.type(type).header('etag', etag).header('vary', 'Accept-Encoding')
  void reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (headers['if-none-match'] === etag) return void reply.code(304).send()
  // Browsers that say they take gzip write it as a word of its own; whoever refuses it by q=0 gets what it refused, as from many servers.
  const packed = /\bgzip\b/.test(headers['accept-encoding'] ?? '') ? gzip : null
  if (packed !== null) void reply.header('content-encoding', 'gzip')
  void reply.send(packed ?? bytes)
}

function viewAt(path: string, exchange: Exchange, config: Config): View | null {
  if (path === '/xopc/pair') return 'pair'
  return path === '/' || path === '/xopc' || path === '/xopc/' ? viewFor(exchange, config) : null
}

/** A page that asked the API to find out would leave a refusal in the browser's console for every person who is not signed in yet. */
function viewFor(exchange: Exchange, config: Config): View {
  const { knownHost, principal } = exchange
  const { gateway } = config
  if (knownHost && principal.scopes.has('read')) return 'overview'
  const takesSecret = gateway.upstream === undefined && gateway.auth.mode !== 'trusted-proxy'
  if (!takesSecret && isNamedByTailscale(exchange, config)) return 'tailscale'
  if (gateway.auth.mode === 'trusted-proxy') return gateway.auth.mode
  return gateway.upstream === undefined ? gateway.auth.mode : 'upstream'
}

function pageOf(document: string, view: View, exchange: Exchange, context: PageContext): string {
  const explanation = explanations[view]
  if (explanation !== undefined) return explained(document, view, explanation)
  const facts = {
    view,
    face: 'gateway',
    who: whoIs(exchange),
    upstream: context.config.current().gateway.upstream === undefined ? 'no' : 'yes',
    ...(isNamedByTailscale(exchange, context.config.current()) ? { tailscale: 'yes' } : {}),
    ...(view === 'pair' ? whichGateway(exchange, context) : {}),
  }
  return document.replace('<body>', bodyTag(facts)).replace('<title>', `<title>${titles[view] ?? ''}`)
}

/** A session of somebody whom Tailscale names has no key that another tab could lend. */
function whoIs({ principal: { kind, id } }: Exchange): string {
  return kind === 'session' && id.startsWith('sso:') ? 'tailscale' : kind
}

/** Whether Tailscale will say who this visitor is, as far as can be told without asking. */
function isNamedByTailscale(exchange: Exchange, { gateway }: Config): boolean {
  return gateway.auth.allowTailscale && isVouchedByTailscale(exchange)
}

/** The key is public. The computer's name is told only while somebody is waited for here, who was given a code: strangers learn none. */
function whichGateway({ origin, proto, host }: Exchange, { pairing, signer }: PageContext): { fingerprint: string; name?: string } {
  const { fingerprint } = signer
  return pairing.isOrigin(origin ?? `${proto}://${host}`) ? { fingerprint, name: cleanText(hostname(), LONGEST) } : { fingerprint }
}

const titles: Partial<Record<View, string>> = { tailscale: 'Sign in · ', token: 'Sign in · ', password: 'Sign in · ', pair: 'Join · ' }

/** A page that only explains has no script: an app at the same address could do nothing with it. */
function explained(document: string, view: View, text: string): string {
  const quiet = document.replace(/<script\b[^>]*><\/script>/, '').replace('<title>', '<title>Sign in · ')
  const [head = ''] = quiet.split('<body>', 1)
  return `${head}${bodyTag({ view })}
<header><span class="mark"><img src="/xopc/icon.svg" alt="" width="24" height="24"> xopc</span></header>
<main class="narrow">
${text}
</main>
</body>
</html>
`
}

function bodyTag(facts: Readonly<Record<string, string>>): string {
  const attributes = Object.entries(facts).map(
    ([name, value]) => ` data-${name}="${value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`,
  )
  return `<body${attributes.join('')}>`
}
