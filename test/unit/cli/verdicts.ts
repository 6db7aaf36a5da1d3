import { type Stage, type StageName, stageNames, type Verdict } from '../../../src/lib/protocol/http-api.ts'

const details: Record<StageName, string> = {
  dns: 'gateway.example.com is 203.0.113.7 and 2001:db8::7.',
  tcp: '203.0.113.7:443 accepts connections.',
  tls: 'The certificate is from Let’s Encrypt, for gateway.example.com, and lasts 71 more days.',
  http: 'GET /health and /api/tunnel/pair/ping were answered with 200 by nginx.',
  identity: 'This gateway signed the challenge for https://gateway.example.com.',
  auth: 'A request without a token was refused, one with a ticket was let in.',
  sse: 'Three events came 301 and 299 ms apart.',
  websocket: 'The echo came back.',
  headers: 'The gateway saw Host gateway.example.com, https and one client address.',
}

/** Nine stages that pass, but for what is given of some. */
export function stagesWith(other: Partial<Record<StageName, Partial<Stage>>> = {}): Stage[] {
  return stageNames.map((stage) => ({ stage, status: 'pass', ms: 12, detail: details[stage], ...other[stage] }))
}

/** An event stream that nginx holds back. */
export const buffered: Partial<Stage> = {
  status: 'fail',
  ms: 2104,
  code: 'SSE_BUFFERED',
  detail:
    'All three events came at once after 2.1 s, but they were sent 300 ms apart: something on the way keeps answers until they are whole.',
  culprit: { program: 'nginx', evidence: 'Server: nginx/1.22.1' },
  fix: {
    title: 'Switch buffering off in the location that leads to the gateway.',
    snippet: 'location / {\n    proxy_buffering off;\n}',
    command: 'sudo nginx -t && sudo systemctl reload nginx',
  },
}

const base = { url: 'https://gateway.example.com', vantage: 'self', at: '2026-11-24T10:00:00.000Z', ms: 640, latencyMs: 12 } as const

/** A verdict in which every stage passes, but for what is given of some. */
export function passing(other: Partial<Record<StageName, Partial<Stage>>> = {}): Verdict {
  return { ...base, ok: true, stages: stagesWith(other) }
}

/** A verdict of a test that failed at the stages given. */
export function failing(other: Partial<Record<StageName, Partial<Stage>>>): Verdict {
  const stages = stagesWith(other)
  const failed = stages.find(({ status }) => status === 'fail')
  return { ...base, ok: false, code: failed?.code ?? 'X', message: failed?.detail ?? 'It failed.', fix: failed?.fix ?? null, stages }
}

/** A verdict of an address that cannot be one: no stage was looked at. */
export const refused = {
  ...base,
  url: 'http://example.com',
  ms: 0,
  latencyMs: null,
  stages: stageNames.map((stage) => ({ stage, status: 'skip' as const, ms: 0, detail: 'Not looked at: the URL cannot be used.' })),
  ok: false,
  code: 'requires_https',
  message: '"http://example.com" is public, and over plain http everybody on the way could read the token.',
  hint: 'Use https://',
  fix: { title: 'Use https://' },
} satisfies Verdict
