import { describe, expect, it } from 'vitest'
import { createClient, type Transport, type TransportRequest } from '../../../src/lib/client/xopc-client.ts'
import type { Xopc } from '../../../src/lib/core/xopc.ts'
import type { GatewayEvent } from '../../../src/lib/protocol/http-api.ts'
import { routes } from '../../../src/lib/protocol/routes.ts'
import { encodeEvent, HEARTBEAT } from '../../../src/lib/protocol/sse.ts'

interface Answer {
  status?: number
  headers?: Record<string, string>
  body?: unknown
  /** Instead of JSON. */
  text?: string
}

function answering(answer: Answer): { transport: Transport; asked: TransportRequest[] } {
  const asked: TransportRequest[] = []
  const { status = 200, headers = { 'x-xopc-api': '1' }, body, text = JSON.stringify(body) ?? '' } = answer
  const transport: Transport = async (request) => {
    asked.push(request)
    return {
      status,
      headers: (name) => headers[name] ?? null,
      async json() {
        const parsed: unknown = JSON.parse(text)
        return parsed
      },
      async *lines() {
        yield* text.split('\n')
      },
    }
  }
  return { transport, asked }
}

const off = { phase: 'off' }
const requests: [what: string, call: (xopc: Xopc) => Promise<unknown>, answer: unknown, method: string, path: string, body?: unknown][] = [
  ['health', (xopc) => xopc.health(), { status: 'ok', version: '1', uptime: 1 }, 'GET', '/health'],
  ['status', (xopc) => xopc.status(), { gatewayId: 'g', version: '1', ingress: [], methods: [] }, 'GET', '/xopc/api/status'],
  ['overview', (xopc) => xopc.overview(), { methods: [], conflicts: [], ssh: {} }, 'GET', '/xopc/api/overview'],
  ['plan', (xopc) => xopc.plan('lan'), { steps: [] }, 'GET', '/xopc/api/access/lan/plan'],
  [
    'plan with an address',
    (xopc) => xopc.plan('lan', { address: 'fd00::5' }),
    { steps: [] },
    'GET',
    '/xopc/api/access/lan/plan?address=fd00%3A%3A5',
  ],
  ['enable', (xopc) => xopc.enable('lan'), off, 'POST', '/xopc/api/access/lan/enable', {}],
  [
    'enable and wait',
    (xopc) => xopc.enable('lan', { address: '10.0.0.2', wait: true }),
    off,
    'POST',
    '/xopc/api/access/lan/enable?wait=1',
    { address: '10.0.0.2' },
  ],
  ['disable', (xopc) => xopc.disable('lan'), off, 'POST', '/xopc/api/access/lan/disable', {}],
  ['diagnose', (xopc) => xopc.diagnose('lan'), [], 'GET', '/xopc/api/access/lan/diagnose'],
  ['config', (xopc) => xopc.config(), { etag: 'e', config: {}, origins: {} }, 'GET', '/xopc/api/config'],
  [
    'patchConfig',
    (xopc) => xopc.patchConfig({ 'gateway.port': 1 }),
    { etag: 'e', config: {} },
    'PATCH',
    '/xopc/api/config',
    { 'gateway.port': 1 },
  ],
  ['stop', (xopc) => xopc.stop(), null, 'POST', '/xopc/api/gateway/stop', {}],
  ['restart', (xopc) => xopc.restart(), null, 'POST', '/xopc/api/gateway/restart', {}],
  ['rotateToken', (xopc) => xopc.rotateToken(), { token: 't' }, 'POST', '/xopc/api/gateway/rotate-token', {}],
  ['logs', (xopc) => xopc.logs(20), [], 'GET', '/xopc/api/logs?lines=20'],
  ['audit', (xopc) => xopc.audit(5), [], 'GET', '/xopc/api/audit?lines=5'],
]

describe('the client', () => {
  it.each(requests)('asks for %s by its route', async (_what, call, body, method, path, sent) => {
    const { transport, asked } = answering({ body })
    const result = await call(createClient(transport))
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ method, path })
    expect(asked[0]?.body).toEqual(sent)
    expect(result).toEqual(body ?? undefined)
  })

  it('has a route for every method, and no other', () => {
    const methods = Object.keys(createClient(answering({}).transport)).toSorted()
    expect(methods).toEqual(Object.keys(routes).toSorted())
  })

  it('sends If-Match where it was told an ETag', async () => {
    const { transport, asked } = answering({ body: { etag: 'e', config: {} } })
    await createClient(transport).patchConfig({}, '"abc"')
    expect(asked[0]?.headers).toEqual({ 'if-match': '"abc"' })
  })

  it('gives an id that is no method as it is, escaped', async () => {
    const { transport, asked } = answering({ body: off })
    // `as`: what a person may type.
    await createClient(transport).enable('../gateway/stop?x' as 'lan')
    expect(asked[0]?.path).toBe('/xopc/api/access/..%2Fgateway%2Fstop%3Fx/enable')
  })

  const refusals: [what: string, answer: Answer, code: string, http: number][] = [
    [
      'the gateway’s own error',
      { status: 409, body: { error: 'Taken.', code: 'PORT_IN_USE', hint: 'Try another.', docs: 'd' } },
      'PORT_IN_USE',
      409,
    ],
    ['an error of a code it does not know', { status: 418, body: { error: 'New.', code: 'FROM_THE_FUTURE' } }, 'FROM_THE_FUTURE', 418],
    ['a login wall', { status: 200, headers: {}, text: '<html>sign in' }, 'NOT_XOPC_GATEWAY', 502],
    ['a redirect', { status: 302, headers: {}, text: '' }, 'NOT_XOPC_GATEWAY', 502],
    ['JSON of another program', { status: 200, headers: {}, body: { ok: true } }, 'NOT_XOPC_GATEWAY', 502],
    ['an error page of a proxy', { status: 502, headers: {}, text: '<h1>Bad gateway' }, 'NOT_XOPC_GATEWAY', 502],
    ['JSON null', { status: 200, text: 'null' }, 'NOT_XOPC_GATEWAY', 502],
    ['another form from another version', { status: 200, headers: { 'x-xopc-api': '2' }, body: { ok: true } }, 'GATEWAY_VERSION_SKEW', 502],
    [
      'a route that another version does not have',
      { status: 404, headers: { 'x-xopc-api': '2' }, body: { error: 'Nothing.', code: 'NOT_FOUND' } },
      'GATEWAY_VERSION_SKEW',
      502,
    ],
    ['nothing at a path of the same version', { status: 404, body: { error: 'Nothing.', code: 'NOT_FOUND' } }, 'NOT_FOUND', 404],
  ]
  it.each(refusals)('throws for %s', async (_what, answer, code, http) => {
    await expect(createClient(answering(answer).transport).status()).rejects.toMatchObject({ name: 'XopcError', code, http })
  })

  it('keeps the hint of an error and the problems of a configuration', async () => {
    const problems = [{ path: 'gateway.port', line: 3, column: 1, code: 'X', message: 'm', severity: 'error' }]
    const { transport } = answering({ status: 422, body: { error: 'Bad.', code: 'CONFIG_INVALID', hint: 'Mend it.', problems } })
    await expect(createClient(transport).config()).rejects.toMatchObject({ hint: 'Mend it.', problems })
  })

  it('shows nothing of a level that is no number', async () => {
    const { transport } = answering({ headers: { 'x-xopc-api': '\u001b[2J2' }, body: {} })
    await expect(createClient(transport).status()).rejects.toMatchObject({ message: expect.stringContaining('level unknown') })
  })
})

describe('events over a client', () => {
  const event = (id: number): GatewayEvent => ({ id, type: 'access.state', at: 'now', data: { text: 'two\nlines' } })
  const stream = { 'content-type': 'text/event-stream; charset=utf-8', 'x-xopc-api': '1' }

  async function all(answer: Answer, lastEventId?: number): Promise<{ events: GatewayEvent[]; asked: TransportRequest[] }> {
    const { transport, asked } = answering(answer)
    const events: GatewayEvent[] = []
    for await (const each of createClient(transport).events(AbortSignal.timeout(5000), lastEventId)) events.push(each)
    return { events, asked }
  }

  it('come one by one, heartbeats passed over', async () => {
    const text = `${encodeEvent(event(1))}${HEARTBEAT}${encodeEvent(event(2))}retry: 5\n\n`
    expect((await all({ headers: stream, text })).events).toEqual([event(1), event(2)])
  })

  it('that are cut off in the middle are left out', async () => {
    expect((await all({ headers: stream, text: `${encodeEvent(event(1))}id: 2\ndata: {"id":` })).events).toEqual([event(1)])
  })

  it('resume by Last-Event-ID', async () => {
    const { asked } = await all({ headers: stream, text: '' }, 41)
    expect(asked[0]?.headers).toMatchObject({ 'last-event-id': '41', accept: 'text/event-stream' })
  })

  it.each([
    ['data that is no event', { headers: stream, text: 'data: 17\n\n' }, 'NOT_XOPC_GATEWAY'],
    ['data that is not JSON', { headers: stream, text: 'data: hello\n\n' }, 'NOT_XOPC_GATEWAY'],
    ['no stream at all', { headers: { 'content-type': 'text/html' }, text: '<html>' }, 'NOT_XOPC_GATEWAY'],
    ['a refusal', { status: 503, body: { error: 'Full.', code: 'TOO_MANY_STREAMS' } }, 'TOO_MANY_STREAMS'],
  ])('end with an error for %s', async (_what, answer, code) => {
    await expect(all(answer)).rejects.toMatchObject({ code })
  })
})
