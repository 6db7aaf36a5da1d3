import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { readAppLink, secretOf } from '../../../src/lib/protocol/pairing-link.ts'
import type { Ran } from '../../support/run.ts'
import type { Computers } from '../guide/computers.ts'

/** What a phone, or any browser, is: how its link looks, and what it sends besides the secret. */
interface Joiner {
  link: RegExp
  base(link: string): { url: string; secret: string }
  headers: (url: string) => string[]
  body: Record<string, string>
}

/** Who joins where a block of the guide has this word. */
export const joiners = {
  phone: {
    link: /xopc:\/\/gateway\/\S+/,
    base: (link) => ({ url: readAppLink(link)?.baseUrl ?? '', secret: readAppLink(link)?.secret ?? '' }),
    headers: () => [],
    body: { deviceName: 'Phone', platform: 'android' },
  },
  browser: {
    link: /https?:\/\/\S+\/xopc\/pair#\S+/,
    base: (link) => ({ url: new URL(link).origin, secret: secretOf(new URL(link).hash) ?? '' }),
    headers: (url) => ['-H', `Origin: ${url}`],
    body: { deviceName: 'Browser', platform: 'Linux', as: 'cookie' },
  },
} satisfies Record<string, Joiner>

const patienceMs = 20_000

/** Runs at home what shows a code and waits, lets the other device join by the link that it printed, and gives what was printed to the end. */
export async function runWhileJoining(computers: Computers, script: string, who: keyof typeof joiners): Promise<Ran> {
  const { link: shape, base, headers, body } = joiners[who] satisfies Joiner
  const child = computers.start('home', script)
  const ran: Ran = { code: null, signal: null, stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (ran[name] += text))
  const ended = new Promise<Ran>((resolve) => child.once('close', (code, signal) => resolve({ ...ran, code, signal })))
  const waits = (): boolean => shape.test(ran.stdout) && /Waiting/.test(ran.stdout + ran.stderr)
  for (const until = Date.now() + patienceMs; !waits() && Date.now() < until; await sleep(20))
    if (child.exitCode !== null) return await ended
  const { url, secret } = base(shape.exec(ran.stdout)?.[0] ?? '')
  const words = [
    'curl',
    '-sS',
    '--fail',
    '-H',
    'content-type: application/json',
    ...headers(url),
    '-d',
    '@-',
    `${url}/api/tunnel/exchange-token`,
  ]
  const sent = JSON.stringify({ pairingSecret: secret, ...body })
  const joined = await computers.run('other', `printf %s '${sent}' | ${words.map((word) => `'${word}'`).join(' ')}`)
  expect(joined, joined.stderr + ran.stdout + ran.stderr).toMatchObject({ code: 0 })
  return await ended
}
