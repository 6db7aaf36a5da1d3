import type { Culprit, Fix } from '../protocol/http-api.ts'
import { type Aim, nameInText, originInText } from './aim.ts'
import { remedy } from './directives.ts'
import { fail, type Judged, subject } from './judged.ts'
import { codeIn, header, isMarked, type Reply } from './reply.ts'
import { culpritOf } from './signatures.ts'
import { asksForBasic, type Wall, wallIn } from './walls.ts'

/** What stands between a request and the gateway, told by the reply to it; null where nothing does. `path` is what was asked for. Pure. */
export function obstacleIn(reply: Reply, path: string, aim: Aim): Judged | null {
  const facts = { path, status: reply.status }
  if (reply.status >= 300 && reply.status < 400) return redirect(reply, path, aim, facts)
  // What the gateway itself answers is for the stage to judge.
  if (isMarked(reply) && codeIn(reply) !== null) return null
  return wall(reply, path, aim, facts) ?? failure(reply, path, aim, facts)
}

/** Where a redirect leads; null where Location names no place on the web. */
export function targetOf(reply: Reply, from: string): URL | null {
  const location = header(reply.headers, 'location')
  if (location === '' || !URL.canParse(location, from)) return null
  const target = new URL(location, from)
  return target.protocol === 'http:' || target.protocol === 'https:' ? target : null
}

type Facts = Record<string, unknown>

function redirect(reply: Reply, path: string, aim: Aim, facts: Facts): Judged {
  const culprit = culpritOf(reply)
  const target = targetOf(reply, aim.origin)
  const known = wallIn(reply)
  if (target === null || target.origin === aim.origin) {
    if (known !== null) return blocked(`${known.name} stands in front of ${path}.`, known, aim, facts)
    const does = target === null ? `answers with status ${reply.status}` : 'redirects to another path'
    const fix = remedy('notPassed', culprit, aim)
    return fail('HTTP_ERROR', `${subject(culprit)} ${does} where the gateway should answer.`, { culprit, fix, facts })
  }
  const { origin } = target
  const to = { ...facts, target: origin }
  if (known !== null) return blocked(`${known.name} asks for a sign-in of its own at ${origin}.`, known, aim, to)
  if (aim.scheme === 'http' && target.protocol === 'https:' && target.hostname === new URL(aim.origin).hostname) {
    const place = originInText(aim, { scheme: 'https', port: Number(target.port) || 443 })
    const fix = { title: 'Use the https address', command: `xopc proxy test ${place}` }
    return fail('AUTH_BLOCKED', `${subject(culprit)} sends everything from http to ${origin}: use that address.`, {
      culprit,
      fix,
      facts: to,
    })
  }
  const fix = { title: `Let ${nameInText(aim)} answer by itself, without a redirect to ${origin}` }
  return fail('AUTH_BLOCKED', `${subject(culprit)} leads away to ${origin}, where nothing of the gateway is sent.`, {
    culprit,
    fix,
    facts: to,
  })
}

function wall(reply: Reply, path: string, aim: Aim, facts: Facts): Judged | null {
  const known = wallIn(reply)
  if (known !== null) return blocked(`${known.name} stands in front of ${path}.`, known, aim, facts)
  if (reply.status === 401 || reply.status === 407) {
    const culprit = culpritOf(reply)
    const asked = asksForBasic(reply) ? 'a name and password (basic authentication)' : 'a sign-in of its own'
    return fail('AUTH_BLOCKED', `${subject(culprit)} asks for ${asked} at ${path}.`, { culprit, fix: openUp(culprit, aim), facts })
  }
  if (reply.status !== 403) return null
  const culprit = culpritOf(reply)
  const detail = `${subject(culprit)} refuses ${path} (403) before it reaches the gateway.`
  return fail('AUTH_BLOCKED', detail, { culprit, fix: openUp(culprit, aim), facts })
}

function blocked(detail: string, { culprit }: Wall, aim: Aim, facts: Facts): Judged {
  return fail('AUTH_BLOCKED', detail, { culprit, fix: openUp(culprit, aim), facts })
}

/** How each kind of wall lets somebody through who has a credential of the gateway. */
function openUp({ program }: Culprit, aim: Aim): Fix {
  const title = 'Let the gateway’s paths through without a sign-in; the gateway asks for its own credential'
  switch (program) {
    case 'oauth2-proxy':
      return { title, snippet: 'skip_auth_routes = ["^/(health$|api/|xopc/)"]' }
    case 'Authelia':
      return { title, snippet: `- domain: ${nameInText(aim)}\n  resources: ['^/health$', '^/api/', '^/xopc/']\n  policy: bypass` }
    case 'Cloudflare Access':
      return { title: `Add a policy with the action Bypass for ${nameInText(aim)}, or take the name out of Access` }
    case 'nginx':
      return { title, snippet: 'auth_basic off;\nsatisfy any;\nallow all;' }
    case 'Caddy':
      return { title: 'Take basic_auth or forward_auth out for these paths', snippet: '@gateway path /health /api/* /xopc/*' }
    case 'Apache':
      return { title, snippet: 'Require all granted' }
    default:
      return { title }
  }
}

/** Statuses by which a proxy says that what is behind it does not answer; 52x and 530 are Cloudflare's. */
const unreachable = new Set([502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530])

function failure(reply: Reply, path: string, aim: Aim, facts: Facts): Judged | null {
  const { status } = reply
  if (status < 400) return null
  const told = culpritOf(reply)
  // Tunnels whose connector is gone answer 530 with error 1033.
  const culprit = told.program === null && status >= 520 && status <= 530 ? { program: 'Cloudflare', evidence: `status ${status}` } : told
  if (unreachable.has(status)) {
    const detail = `${subject(culprit)} answers, but does not reach the gateway (${status}).`
    return fail('HTTP_ERROR', detail, { culprit, fix: remedy('unreachable', culprit, aim), facts })
  }
  if (/sent to HTTPS port|to an HTTPS server|SSL-enabled server port/i.test(reply.body)) {
    const fix = { title: 'Use the https address', command: `xopc proxy test ${originInText(aim, { scheme: 'https', port: aim.port })}` }
    return fail('HTTP_ERROR', `Port ${aim.port} speaks https, and the address says http.`, { culprit, fix, facts })
  }
  if (/No required SSL certificate was sent/.test(reply.body)) return wantsCertificate(culprit, facts)
  if (status === 404) return null
  const detail = `${subject(culprit)} answers ${path} with status ${status} in place of the gateway.`
  const fix = status === 429 ? { title: 'Let more requests through: the proxy limits them' } : remedy('notPassed', culprit, aim)
  return fail('HTTP_ERROR', detail, { culprit, fix, facts })
}

/** The server asks for something that no phone has. Pure. */
export function wantsCertificate(culprit: Culprit, facts: Record<string, unknown>): Judged {
  const detail = `${subject(culprit)} asks for a certificate of the client, which phones and browsers do not have.`
  const line = `${culprit.program === null ? 'nginx:  ' : ''}ssl_verify_client off;`
  return fail('AUTH_BLOCKED', detail, { culprit, fix: { title: 'Take the client certificate out', snippet: line }, facts })
}

/** A page that is nobody's of ours, where the gateway should have answered. */
export function stranger(reply: Reply, path: string, what: string, aim: Aim): Judged {
  const culprit = culpritOf(reply)
  const facts = { path, status: reply.status }
  if (culprit.program === 'frp') {
    const detail = 'frp answers, but has no tunnel for this name.'
    return fail('HTTP_ERROR', detail, { culprit, fix: remedy('unreachable', culprit, aim), facts })
  }
  const detail = `${subject(culprit)} answered ${path} with ${what} (status ${reply.status}), which is not of an xopc gateway.`
  return fail('NOT_XOPC_GATEWAY', detail, { culprit, fix: remedy('notPassed', culprit, aim), facts })
}

/** A path of the gateway that is answered by something else, while others of its paths were passed on. */
export function notPassed(aim: Aim, path: string, reply: Reply): Judged {
  const culprit = culpritOf(reply)
  const detail = `${subject(culprit)} does not pass ${path} on to the gateway: it answered with status ${reply.status}.`
  return fail('HTTP_ERROR', detail, { culprit, fix: remedy('notPassed', culprit, aim), facts: { path, status: reply.status } })
}

/** The gateway refused a credential that we never sent: the proxy adds one, or puts it in place of ours. Null where it is not that. Pure. */
export function foreignCredential(aim: Aim, path: string, reply: Reply): Judged | null {
  const code = codeIn(reply)
  if (code !== 'invalid_token' && code !== 'auth_blocked') return null
  const culprit = culpritOf(reply)
  const detail = `${subject(culprit)} puts a credential of its own into the header Authorization: the gateway answered ${code}.`
  const facts = { path, status: reply.status, refusal: code }
  return fail('AUTHORIZATION_STRIPPED', detail, { culprit, fix: remedy('noAuthorization', culprit, aim), facts })
}

/** A gateway refused what everybody may ask; null where no gateway answered. Pure. */
export function refusedByGateway(aim: Aim, path: string, reply: Reply): Judged | null {
  const code = codeIn(reply)
  if (code === null || !isMarked(reply)) return null
  const foreign = foreignCredential(aim, path, reply)
  if (foreign !== null) return foreign
  const culprit = culpritOf(reply)
  const facts = { path, status: reply.status, refusal: code }
  const fault = proxyFaults[code]
  if (fault !== undefined) return fail('HTTP_ERROR', `${subject(culprit)} ${fault.does} (${code}).`, { culprit, fix: fault.fix, facts })
  const fix = { title: `Read in docs/errors.md what ${code} means; the gateway’s log says more`, command: 'xopc gateway logs' }
  return fail('HTTP_ERROR', `An xopc gateway answers ${path} with the error ${code}.`, { culprit, fix, facts })
}

/** Refusals of the gateway that only the proxy can have caused. */
const proxyFaults: Readonly<Record<string, { does: string; fix: Fix }>> = {
  invalid_proxy_credentials: {
    does: 'names a user, and the gateway does not believe it',
    fix: {
      title: 'Let the proxy send the secret that stands in gateway.auth.trustedProxy.sharedSecret, and what else is required there',
      snippet: 'nginx:   proxy_set_header X-Xopc-Proxy-Secret "the secret";\nCaddy:   header_up X-Xopc-Proxy-Secret "the secret"',
    },
  },
  FORWARDED_INVALID: {
    does: 'sends X-Forwarded headers that the gateway cannot read',
    fix: {
      title: 'Let the proxy set them itself in place of passing on what the client sent',
      snippet: 'nginx:   proxy_set_header X-Forwarded-For $remote_addr;\n         proxy_set_header X-Forwarded-Proto $scheme;',
    },
  },
  HOST_INVALID: {
    does: 'sends a Host that is none',
    fix: { title: 'Let the proxy pass Host on as it came', snippet: 'nginx:   proxy_set_header Host $http_host;' },
  },
}
