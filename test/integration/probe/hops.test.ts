import { gzipSync } from 'node:zlib'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { StageName } from '../../../src/lib/protocol/http-api.ts'
import { caOnce, look, NAME, startHome, stageOf, statuses } from './house.ts'
import { type Manners, startProxy } from './proxy.ts'

// Every bad proxy of which people report: the stage that finds it, its code, one sentence with who it was, the line to write.

const ca = caOnce()

const isStream = (req: IncomingMessage) => req.url?.startsWith('/xopc/api/probe/stream') === true
const html = (res: ServerResponse, status: number, text: string, headers: Record<string, string> = {}) =>
  void res.writeHead(status, { 'content-type': 'text/html', ...headers }).end(text)

/** Keeps a stream until it is over. */
const buffers: Manners['reply'] = (from, res, req) => {
  const pieces: Buffer[] = []
  if (!isStream(req)) return void (res.writeHead(from.statusCode ?? 502, from.headers), from.pipe(res))
  from.on('data', (piece: Buffer) => pieces.push(piece)).on('end', () => res.writeHead(200, from.headers).end(Buffer.concat(pieces)))
}
const compresses: Manners['reply'] = (from, res, req) => {
  const pieces: Buffer[] = []
  if (!isStream(req)) return void (res.writeHead(from.statusCode ?? 502, from.headers), from.pipe(res))
  from
    .on('data', (piece: Buffer) => pieces.push(piece))
    .on('end', () => res.writeHead(200, { ...from.headers, 'content-encoding': 'gzip' }).end(gzipSync(Buffer.concat(pieces))))
}
/** Answers the same request line from memory. */
const caches = (): Manners => {
  const kept = new Map<string, Buffer>()
  return {
    answer: (req, res) => {
      const known = kept.get(`${req.method} ${req.url}`)
      if (known === undefined) return false
      res.writeHead(200, { 'content-type': 'application/json', age: '5' }).end(known)
      return true
    },
    reply: (from, res, req) => {
      const pieces: Buffer[] = []
      res.writeHead(from.statusCode ?? 502, from.headers)
      from.on('data', (piece: Buffer) => {
        pieces.push(piece)
        res.write(piece)
      })
      from.on('end', () => {
        res.end()
        if (from.statusCode === 200 && req.method === 'GET' && !isStream(req)) kept.set(`${req.method} ${req.url}`, Buffer.concat(pieces))
      })
    },
  }
}
const only = (path: string, answer: (res: ServerResponse, req: IncomingMessage) => void): Manners => ({
  answer: (req, res) => {
    if (req.url?.startsWith(path) !== true) return false
    answer(res, req)
    return true
  },
})
const everything = (answer: (res: ServerResponse, req: IncomingMessage) => void): Manners => ({
  answer: (req, res) => (answer(res, req), true),
})

interface Row {
  what: string
  manners: Manners | (() => Manners)
  stage: StageName
  code: string
  status?: 'warn'
  program?: string
  /** What fails of the same. */
  also?: StageName[]
  says: RegExp
  write?: RegExp
}

const rows: Row[] = [
  {
    what: 'buffers',
    manners: { reply: buffers, server: 'nginx/1.22.1' },
    stage: 'sse',
    code: 'SSE_BUFFERED',
    program: 'nginx',
    says: /^nginx holds event streams back: three events/,
    write: /^proxy_buffering off;$/,
  },
  {
    what: 'buffers and does not say who it is',
    manners: { reply: buffers },
    stage: 'sse',
    code: 'SSE_BUFFERED',
    says: /^An unknown program on the way holds event streams back/,
    write: /proxy_buffering off;\n.*flush_interval -1/,
  },
  {
    what: 'buffers to compress',
    manners: { reply: compresses, server: 'nginx' },
    stage: 'sse',
    code: 'SSE_BUFFERED',
    program: 'nginx',
    says: /to compress them/,
    write: /gzip_types/,
  },
  {
    what: 'cuts streams off',
    manners: {
      reply: (from, res, req) =>
        isStream(req)
          ? res.writeHead(200, from.headers).end('event: probe\ndata: {}\n\n')
          : void (res.writeHead(from.statusCode ?? 502, from.headers), from.pipe(res)),
    },
    stage: 'sse',
    code: 'NETWORK_ERROR',
    says: /breaks an event stream off/,
  },
  {
    what: 'takes Authorization away',
    manners: { headers: (headers) => delete headers['authorization'], server: 'nginx/1.25.3' },
    stage: 'auth',
    code: 'AUTHORIZATION_STRIPPED',
    program: 'nginx',
    says: /does not hand the header Authorization on/,
    write: /proxy_set_header Authorization \$http_authorization;/,
  },
  {
    what: 'puts a credential of its own in place of ours',
    manners: { headers: (headers) => headers['authorization'] && (headers['authorization'] = 'Bearer of-something-else') },
    stage: 'auth',
    code: 'AUTHORIZATION_STRIPPED',
    says: /puts a credential of its own into the header Authorization/,
  },
  {
    what: 'adds a credential of its own to everything',
    manners: { headers: (headers) => (headers['authorization'] = 'Bearer of-something-else') },
    stage: 'http',
    code: 'AUTHORIZATION_STRIPPED',
    says: /puts a credential of its own into the header Authorization/,
  },
  {
    what: 'keeps replies',
    manners: caches,
    stage: 'auth',
    code: 'HTTP_ERROR',
    says: /answers from a cache/,
    write: /proxy_cache off;/,
  },
  {
    what: 'loses Upgrade',
    manners: { upgrade: (_, socket) => void socket.end('HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n') },
    stage: 'websocket',
    code: 'WEBSOCKET_BLOCKED',
    program: 'nginx',
    says: /answers the WebSocket handshake with status 502/,
    write: /proxy_http_version 1\.1;\nproxy_set_header Upgrade \$http_upgrade;\nproxy_set_header Connection "upgrade";/,
  },
  {
    what: 'cuts a WebSocket off',
    manners: { upgrade: (_, socket) => void socket.destroy() },
    stage: 'websocket',
    code: 'WEBSOCKET_BLOCKED',
    says: /closes the connection during the WebSocket handshake/,
  },
  {
    what: 'rewrites Host',
    manners: { headers: (headers) => (headers['host'] = 'upstream.internal'), server: 'Apache/2.4.57' },
    stage: 'identity',
    code: 'HOST_REWRITTEN',
    program: 'Apache',
    says: /Apache rewrites Host: asked for gateway\.test:\d+, the gateway was asked for upstream\.internal/,
    write: /^ProxyPreserveHost On$/,
  },
  {
    what: 'leaves the port out of Host',
    manners: { headers: (headers) => (headers['host'] = NAME), server: 'nginx' },
    stage: 'headers',
    status: 'warn',
    code: 'HOST_REWRITTEN',
    program: 'nginx',
    says: /nginx leaves the port out of Host/,
    write: /^proxy_set_header Host \$http_host;$/,
  },
  {
    what: 'redirects to a sign-in elsewhere',
    manners: everything((res) => void res.writeHead(302, { location: 'https://login.example.net/start?rd=https%3A%2F%2Fsecret' }).end()),
    stage: 'http',
    code: 'AUTH_BLOCKED',
    says: /leads away to https:\/\/login\.example\.net, where/,
  },
  {
    what: 'has Cloudflare Access before it',
    manners: everything(
      (res) => void res.writeHead(302, { location: 'https://team.cloudflareaccess.com/cdn-cgi/access/login/x?kid=1' }).end(),
    ),
    stage: 'http',
    code: 'AUTH_BLOCKED',
    program: 'Cloudflare Access',
    says: /^Cloudflare Access asks for a sign-in of its own at https:\/\/team\.cloudflareaccess\.com\.$/,
  },
  {
    what: 'asks for a password',
    manners: everything((res) => html(res, 401, '', { 'www-authenticate': 'Basic realm="x"', server: 'nginx' })),
    stage: 'http',
    code: 'AUTH_BLOCKED',
    program: 'nginx',
    says: /nginx asks for a name and password/,
    write: /auth_basic off;/,
  },
  {
    what: 'shows a sign-in page as if all were well',
    manners: everything((res) =>
      html(res, 200, '<form><input name=p type="password"></form>', { 'set-cookie': '_oauth2_proxy_csrf=secretvalue' }),
    ),
    stage: 'http',
    code: 'AUTH_BLOCKED',
    program: 'oauth2-proxy',
    says: /oauth2-proxy stands in front of \/health/,
    write: /skip_auth_routes/,
  },
  {
    what: 'asks who has no credential to sign in elsewhere',
    manners: {
      answer: (req, res) => {
        if (req.headers.authorization !== undefined || !req.url?.startsWith('/xopc/')) return false
        html(res, 401, '', { 'set-cookie': 'authelia_session=secretvalue' })
        return true
      },
    },
    stage: 'auth',
    status: 'warn',
    code: 'AUTH_BLOCKED',
    program: 'Authelia',
    says: /A credential of the gateway gets through, but who has none is stopped/,
    write: /policy: bypass/,
  },
  {
    what: 'redirects in a circle',
    manners: everything((res, req) => void res.writeHead(301, { location: `${req.url}/` }).end()),
    stage: 'http',
    code: 'HTTP_ERROR',
    says: /redirects again and again/,
  },
  {
    what: 'does not reach the gateway',
    manners: everything((res) => html(res, 502, '<center>nginx</center>')),
    stage: 'http',
    code: 'HTTP_ERROR',
    program: 'nginx',
    says: /nginx answers, but does not reach the gateway \(502\)/,
  },
  {
    what: 'is a tunnel without a connector',
    manners: everything((res) => html(res, 530, 'error code: 1033')),
    stage: 'http',
    code: 'HTTP_ERROR',
    program: 'Cloudflare',
    says: /Cloudflare answers, but does not reach the gateway \(530\)/,
  },
  {
    what: 'is frps without a tunnel',
    manners: everything((res) => html(res, 404, '<p>The page you requested was not found.</p><em>Faithfully yours, frp.</em>')),
    stage: 'http',
    code: 'HTTP_ERROR',
    program: 'frp',
    says: /frp answers, but has no tunnel for this name/,
  },
  {
    what: 'is a plain page',
    manners: everything((res) => html(res, 200, '<html>Welcome to SECRET-PAGE</html>')),
    stage: 'http',
    code: 'NOT_XOPC_GATEWAY',
    says: /answered \/health with a web page \(status 200\), which is not of an xopc gateway/,
  },
  {
    what: 'refuses POST',
    manners: { answer: (req, res) => req.method === 'POST' && (html(res, 405, ''), true) },
    stage: 'identity',
    code: 'HTTP_ERROR',
    says: /refuses POST to the gateway \(405\)/,
  },
  {
    what: 'passes only some paths on',
    manners: only('/xopc/', (res) => html(res, 404, 'not here')),
    stage: 'auth',
    also: ['sse'],
    code: 'HTTP_ERROR',
    says: /does not pass \/xopc\/api\/probe\/request on to the gateway/,
  },
  {
    what: 'does not tell of itself',
    manners: {
      headers: (headers) => (delete headers['x-forwarded-for'], delete headers['x-forwarded-proto']),
      server: 'nginx',
    },
    stage: 'headers',
    status: 'warn',
    code: '',
    program: 'nginx',
    says: /does not say who its visitors are/,
    write: /X-Forwarded-For \$remote_addr;/,
  },
]

describe('a proxy that', () => {
  it.each(rows)('$what', async ({ manners, stage, code, status = 'fail', program, also = [], says, write }) => {
    const world = code === '' ? { ca: await ca() } : {}
    const home = await startHome({}, world)
    const given = typeof manners === 'function' ? manners() : manners
    const certificate = code === '' ? { certificate: await (await ca()).leaf([NAME]) } : {}
    const { port } = await startProxy(home.port, { ...given, ...certificate })
    const url = `${code === '' ? 'https' : 'http'}://${NAME}:${port}`
    const verdict = await look(home, url)
    const found = stageOf(verdict, stage)
    expect(found, JSON.stringify(verdict.stages, null, 1)).toMatchObject({ status, culprit: { program: program ?? null } })
    expect(found.code).toBe(code === '' ? undefined : code)
    expect(found.detail).toMatch(says)
    expect(found.detail).toMatch(/^[^\n]+\.$/)
    expect(found.fix?.title ?? '').not.toBe('')
    if (write) expect(found.fix?.snippet).toMatch(write)
    expect(verdict.ok).toBe(status === 'warn')
    if (!verdict.ok) expect(verdict).toMatchObject({ code, message: found.detail, docs: `docs/errors.md#${code.toLowerCase()}` })
    // Nobody else is blamed, and nothing of a page is told.
    const failed = verdict.stages.filter((each) => each.status === 'fail').map((each) => each.stage)
    expect(failed).toEqual(status === 'warn' ? [] : [stage, ...also])
    expect(JSON.stringify(verdict)).not.toMatch(/SECRET-PAGE|secretvalue/)
  })
})

it('a recorded answer of this very gateway fails at identity', async () => {
  const home = await startHome()
  let recorded: Buffer | null = null
  const recording = await startProxy(home.port, {
    reply: (from, res, req) => {
      res.writeHead(from.statusCode ?? 502, from.headers)
      if (req.method !== 'POST') return void from.pipe(res)
      const pieces: Buffer[] = []
      from.on('data', (piece: Buffer) => pieces.push(piece)).on('end', () => res.end((recorded = Buffer.concat(pieces))))
    },
    answer: (req, res) => {
      if (req.method !== 'POST' || recorded === null) return false
      res.writeHead(200, { 'content-type': 'application/json' }).end(recorded)
      return true
    },
  })
  const url = `http://${NAME}:${recording.port}`
  const first = await look(home, url)
  expect(first.ok, JSON.stringify(first.stages)).toBe(true)
  const verdict = await look(home, url)
  expect(verdict).toMatchObject({ ok: false, code: 'WRONG_GATEWAY' })
  expect(stageOf(verdict, 'identity').detail).toContain('a recorded reply')
  expect(await home.probe.confirm(url, AbortSignal.timeout(10_000))).toMatchObject({ code: 'WRONG_GATEWAY' })
  expect(recording.received.slice(-1)[0]?.headers.authorization).toBeUndefined()
})

it('another gateway passes http and fails at identity, by its id', async () => {
  const [home, other] = await Promise.all([startHome(), startHome({ publicUrl: 'http://gateway.localhost' })])
  const { port } = await startProxy(other.port)
  const verdict = await look(home, `http://${NAME}:${port}`)
  expect(statuses(verdict)).toMatchObject({ http: 'pass', identity: 'fail', auth: 'skip' })
  expect(verdict).toMatchObject({ ok: false, code: 'WRONG_GATEWAY' })

  // One that signs for the name because it believes to own it.
  const owner = await startHome({ publicUrl: `http://gateway.localhost:${port}` })
  const signing = await startProxy(owner.port, { headers: (headers) => (headers['host'] = `gateway.localhost:${port}`) })
  const signed = await look(home, `http://gateway.localhost:${signing.port}`)
  expect(signed).toMatchObject({ ok: false, code: 'WRONG_GATEWAY' })
})

it('asks for nothing more where it is led away', async () => {
  const home = await startHome()
  const elsewhere = await startProxy(home.port)
  const target = `http://127.0.0.1:${elsewhere.port}/health`
  const proxy = await startProxy(home.port, {
    answer: (req, res) => req.url === '/health' && (res.writeHead(302, { location: target }).end(), true),
  })
  expect(await look(home, `http://${NAME}:${proxy.port}`)).toMatchObject({ ok: false, code: 'AUTH_BLOCKED' })
  expect(proxy.requests).toEqual(['GET /health'])
  expect(elsewhere.requests).toEqual([])
})

it('tells a cache that keeps replies to who has a credential', async () => {
  const home = await startHome()
  const { port } = await startProxy(home.port, caches())
  const url = `http://${NAME}:${port}`
  await look(home, url)
  // What is asked with a ticket now comes from before, for another nonce.
  expect(stageOf(await look(home, url), 'auth')).toMatchObject({
    code: 'HTTP_ERROR',
    detail: expect.stringContaining('answers from a cache'),
  })
})

it('reads no further than any answer of a gateway goes', async () => {
  const home = await startHome()
  let written = 0
  const { port } = await startProxy(
    home.port,
    everything((res) => {
      res.writeHead(200, { 'content-type': 'text/html' })
      const more = () => {
        while (!res.destroyed && res.write('x'.repeat(64 * 1024))) written += 64
        res.once('drain', more)
      }
      more()
    }),
  )
  const verdict = await look(home, `http://${NAME}:${port}`)
  expect(verdict).toMatchObject({ ok: false, code: 'NOT_XOPC_GATEWAY' })
  expect(written).toBeLessThan(32 * 1024)
})

it('takes a kept connection that was closed meanwhile for no fault', async () => {
  const home = await startHome()
  let closed = 0
  const { port } = await startProxy(home.port, {
    answer: (req) => {
      if (req.method !== 'POST' || closed > 0) return false
      closed++
      req.socket.destroy()
      return true
    },
  })
  const verdict = await look(home, `http://${NAME}:${port}`)
  expect(verdict.ok, JSON.stringify(verdict.stages)).toBe(true)
  expect(closed).toBe(1)
})

it('follows a redirect within the address', async () => {
  const home = await startHome()
  const { port } = await startProxy(home.port, {
    answer: (req, res) => req.url === '/health' && (res.writeHead(301, { location: '/xopc/api/health' }).end(), true),
  })
  const verdict = await look(home, `http://${NAME}:${port}`)
  expect(verdict.ok, JSON.stringify(verdict.stages)).toBe(true)
  expect(stageOf(verdict, 'http').facts).toMatchObject({ redirects: ['/xopc/api/health'] })
})

it('sends who tests http to the https address', async () => {
  const home = await startHome()
  const { port } = await startProxy(
    home.port,
    everything((res) => void res.writeHead(301, { location: `https://${NAME}/health` }).end()),
  )
  const verdict = await look(home, `http://${NAME}:${port}`)
  expect(verdict).toMatchObject({ ok: false, code: 'AUTH_BLOCKED', fix: { command: `xopc proxy test https://${NAME}` } })
  expect(stageOf(verdict, 'http').detail).toContain(`sends everything from http to https://${NAME}`)
})

it('names a proxy that cuts a silent stream, and how long it lasted', async () => {
  const home = await startHome()
  const { port } = await startProxy(home.port, {
    server: 'nginx',
    reply: (from, res, req) => {
      res.writeHead(from.statusCode ?? 502, from.headers)
      let timer: NodeJS.Timeout | undefined
      const cut = () => (clearTimeout(timer), (timer = setTimeout(() => res.destroy(), 500)))
      from.on('data', (piece: Buffer) => {
        res.write(piece)
        if (isStream(req)) cut()
      })
      from.on('end', () => (clearTimeout(timer), res.end()))
    },
  })
  const verdict = await look(home, `http://${NAME}:${port}`, { idle: 3 })
  expect(verdict).toMatchObject({ ok: false, code: 'TIMEOUT', fix: { snippet: 'proxy_read_timeout 3600s;' } })
  expect(stageOf(verdict, 'sse').detail).toMatch(/^nginx cut a silent event stream after 0\.[4-9] s; 3 s were asked for\.$/)
})
