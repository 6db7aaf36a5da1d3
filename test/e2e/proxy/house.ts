import { expect } from 'vitest'
import type { Stage, StageName, Verdict } from '../../../src/lib/protocol/http-api.ts'
import type { Certificate } from '../../support/certs.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { LONGEST_TEST_MS } from '../../support/verdict.ts'

/** The name that a gateway under test is reached by; its own names lead it to 127.0.0.1. */
export const NAME = 'gateway.test'

/** What is wrong with a way to the gateway, as the verdict must tell it. */
export interface Fault {
  /** The first stage that fails. */
  stage: StageName
  code: string
  /** The program that did it; null where nothing on the way says who it is. */
  by: string | null
  /** Part of the sentence. */
  says?: RegExp | string
  /** Part of what to do, write or type; there is always something. */
  write?: RegExp | string
}

/** The staged test by `xopc proxy test`, with its exit code. */
export async function testedBy(gateway: RunningGateway, args: readonly string[]): Promise<{ verdict: Verdict; code: number | null }> {
  const ran = await gateway.xopc(['proxy', 'test', ...args, '--json'], { timeoutMs: 40_000 })
  // `as`: the tests that ask say what it must be.
  const verdict = JSON.parse(ran.stdout || JSON.stringify({ printed: ran.stderr })) as Verdict
  return { verdict, code: ran.code }
}

/** Expects this fault and a verdict that a person can act on: all nine stages, one sentence each, in time. */
export function expectFault(verdict: Verdict, { stage, code, by, says = '', write = /\S/ }: Fault): void {
  const told = JSON.stringify(verdict, null, 1)
  expectWellFormed(verdict)
  const failed = verdict.stages.find(({ status }) => status === 'fail')
  expect(verdict, told).toMatchObject({ ok: false, code })
  expect({ stage: failed?.stage, code: failed?.code, by: failed?.culprit?.program ?? null }, told).toEqual({ stage, code, by })
  if (verdict.ok || failed === undefined) return
  // What the page and the phone show is what the stage says.
  expect({ message: verdict.message, fix: verdict.fix }).toEqual({ message: failed.detail, fix: failed.fix })
  expect(verdict.message, told).toMatch(says)
  expect(lineOf(verdict.fix), told).toMatch(write)
}

/** Expects a way that works, with exactly these warnings: stage and code of each. */
export function expectWorks(verdict: Verdict, warnings: readonly (readonly [StageName, string | undefined])[] = []): void {
  const told = JSON.stringify(verdict, null, 1)
  expectWellFormed(verdict)
  expect(verdict.ok, told).toBe(true)
  const warned = verdict.stages.filter(({ status }) => status === 'warn').map(({ stage, code }) => [stage, code])
  expect(warned, told).toEqual(warnings)
}

/** The stage of this name. Throws where there is none. */
export function stageOf({ stages }: Verdict, name: StageName): Stage {
  const found = stages.find(({ stage }) => stage === name)
  if (found === undefined) throw new Error(`no stage ${name}`)
  return found
}

const order: readonly StageName[] = ['dns', 'tcp', 'tls', 'http', 'identity', 'auth', 'sse', 'websocket', 'headers']

function expectWellFormed(verdict: Verdict): void {
  const told = JSON.stringify(verdict, null, 1)
  expect(verdict.vantage, told).toBe('self')
  expect(verdict.ms, told).toBeLessThan(LONGEST_TEST_MS)
  expect(verdict.stages.map(({ stage }) => stage)).toEqual(order)
  for (const { stage, status, ms, detail } of verdict.stages) {
    expect(Number.isInteger(ms), `${stage}: ${ms}`).toBe(true)
    // One line, one sentence: it ends with its only full stop before a blank.
    expect(detail, stage).toMatch(/^[^\s].*[^\s.]\.$/)
    expect(detail, stage).not.toMatch(/[.!?] \p{Lu}/u)
    expect(detail, stage).not.toMatch(/\p{C}/u)
    if (status === 'skip') expect(ms, stage).toBe(0)
  }
}

function lineOf(fix: { title: string; command?: string; snippet?: string } | null | undefined): string {
  return [fix?.title, fix?.command, fix?.snippet].join('\n')
}

/** Directives for one `location /` of nginx, by what they are for; an empty one leaves nginx to its default. */
export const nginxGood = {
  version: 'proxy_http_version 1.1;',
  host: 'proxy_set_header Host $http_host;',
  for: 'proxy_set_header X-Forwarded-For $remote_addr;',
  proto: 'proxy_set_header X-Forwarded-Proto $scheme;',
  upgrade: 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
  buffering: 'proxy_buffering off;',
  authorization: '',
  more: '',
}

/** A server block of nginx over TLS in front of a gateway. */
export function nginxSite(given: {
  port: number
  certificate: Certificate
  /** Port of the gateway. */
  to: number
  /** In place of what is good. */
  with?: Partial<typeof nginxGood>
  /** In place of the whole `location /`. */
  locations?: string
  /** In the server block. */
  server?: string
}): string {
  const lines = Object.values({ ...nginxGood, ...given.with }).join('\n')
  const location = `location / { proxy_pass http://127.0.0.1:${given.to};\n${lines} }`
  return `server {
    listen ${given.port} ssl; server_name ${NAME};
    ssl_certificate ${given.certificate.certFile}; ssl_certificate_key ${given.certificate.keyFile};
    ${given.server ?? ''}
    ${given.locations ?? location}
  }\n`
}
