import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { sources } from '../support/sources.ts'
import { authModes, openHouse, PASSWORD } from './doors.ts'

// How long a comparison takes must not tell how much of a guess is right. A timed test cannot hold that on a busy machine: what can be held
// is that every comparison of a secret goes through timingSafeEqual, over digests (so lengths are equal whatever was sent), and that no
// other code compares one. The first test watches the calls of the running program; the second reads the source.

const probe = `
  const crypto = require('node:crypto')
  const real = crypto.timingSafeEqual
  crypto.timingSafeEqual = (one, other) => {
    require('node:fs').appendFileSync(process.env.XOPC_TEST_SEEN, one.length + ' ' + other.length + '\\n')
    return real(one, other)
  }
  require('node:module').syncBuiltinESMExports()
`

it.each([
  ['token', {}, (right: string) => right],
  ['password', authModes.password, () => PASSWORD],
] as const)('a %s is compared as a digest, in constant time, whatever its length and first letters', async (_, auth, secretOf) => {
  const house = await openHouse({ bare: true, gateway: { auth: { ...auth, rateLimit: { maxAttempts: 1000 } } } })
  await house.gateway.stop()
  const seen = join(house.gateway.stateDir, 'seen.txt')
  const file = join(house.gateway.stateDir, 'probe.cjs')
  await writeFile(file, probe)
  const again = await startGateway({ stateDir: house.gateway.stateDir, env: { NODE_OPTIONS: `--require ${file}`, XOPC_TEST_SEEN: seen } })
  const secret = secretOf(again.token)
  const guesses = ['x', secret.slice(0, -1), `${secret}x`, secret.slice(0, 1).padEnd(secret.length, '0'), 'y'.repeat(4000), secret]
  for (const guess of guesses) {
    const before = lines(seen)
    const answer = await again.fetch('/xopc/api/status', { headers: { authorization: `Bearer ${guess}` } })
    expect(answer.status).toBe(guess === secret ? 200 : 401)
    const calls = lines(seen).slice(before.length)
    expect(calls.length, guess).toBeGreaterThan(0)
    expect(new Set(calls)).toEqual(new Set(['32 32']))
  }
})

it('so is what a person types, and the key of a session', async () => {
  const { gateway } = await openHouse({ bare: true, gateway: { auth: { rateLimit: { maxAttempts: 1000 } } } })
  await gateway.stop()
  const seen = join(gateway.stateDir, 'seen.txt')
  const file = join(gateway.stateDir, 'probe.cjs')
  await writeFile(file, probe)
  const again = await startGateway({ stateDir: gateway.stateDir, env: { NODE_OPTIONS: `--require ${file}`, XOPC_TEST_SEEN: seen } })
  const calls = async (path: string, init: RequestInit): Promise<Response> => {
    const before = lines(seen).length
    const answer = await again.fetch(path, init)
    expect(lines(seen).length, path).toBeGreaterThan(before)
    return answer
  }
  const typed = (token: string) =>
    calls('/xopc/api/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) })
  for (const guess of ['x', again.token.slice(0, -1), again.token.slice(0, 1).padEnd(48, '0')])
    expect((await typed(guess)).status).toBe(401)
  const cookie = (await typed(again.token)).headers.get('set-cookie')?.split(';')[0] ?? ''
  for (const key of ['xopc_sk_x', `xopc_sk_${'y'.repeat(43)}`])
    await calls('/xopc/api/config', { headers: { cookie, 'x-xopc-token': key } })
  expect(new Set(lines(seen))).toEqual(new Set(['32 32']))
})

it('so is the secret of a proxy', async () => {
  const secret = '5ec2e7aa'.repeat(6)
  const auth = { mode: 'trusted-proxy', trustedProxy: { sharedSecret: secret }, rateLimit: { maxAttempts: 1000 } }
  const { gateway } = await openHouse({ bare: true, gateway: { trustedProxies: ['127.0.0.1'], auth } })
  await gateway.stop()
  const seen = join(gateway.stateDir, 'seen.txt')
  const file = join(gateway.stateDir, 'probe.cjs')
  await writeFile(file, probe)
  const again = await startGateway({ stateDir: gateway.stateDir, env: { NODE_OPTIONS: `--require ${file}`, XOPC_TEST_SEEN: seen } })
  for (const guess of ['x', secret.slice(0, -1), `${secret}x`, secret.slice(0, 1).padEnd(48, '0'), 'y'.repeat(4000), secret]) {
    const before = lines(seen).length
    const headers = { 'x-forwarded-user': 'anna', 'x-xopc-proxy-secret': guess }
    expect((await again.fetch('/xopc/api/status', { headers })).status).toBe(guess === secret ? 200 : 401)
    expect(lines(seen).slice(before), guess).toEqual(['32 32'])
  }
})

it('no code compares a secret in another way', () => {
  const suspicious = /\b(token|password|secret|digest|key)\b[^;\n]{0,20}(===|!==|\.equals\(|\.localeCompare\(|\.startsWith\()/i
  const found = sources(
    'src/lib/gateway/edge/{auth,limits,own-secrets,principals,proxy-identity}.ts',
    'src/lib/gateway/control/sign-in.ts',
    'src/lib/identity/*.ts',
  ).flatMap(({ path, text }) =>
    text
      .split('\n')
      .filter((line) => suspicious.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  )
  // Each of these compares with a constant (undefined, null, a prefix or a word of ours), the digest of a retired token, two configurations, or what the same client sent twice.
  const known = /(undefined|null|_PREFIX\)|'xopc_'|before\.digest\.equals|Travels = |=== ''|fault === )/
  expect(found.filter((line) => !known.test(line))).toEqual([])
})

function lines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}
