import { describe, expect, it } from 'vitest'
import { isSecretName, redact } from '../../../src/lib/system/redact.ts'

const hex48 = '0123456789abcdef'.repeat(3)

describe('secrets in the log', () => {
  it.each([
    ['a device token', 'token is xopc_dt_aB3-_xyz now', 'token is xopc_dt_[redacted] now'],
    ['a session key', '"xopc_sk_abc"', '"xopc_sk_[redacted]"'],
    ['a generated token', `try ${hex48}!`, 'try [redacted]!'],
    ['a generated token in capitals', hex48.toUpperCase(), '[redacted]'],
    ['an Authorization header', 'Authorization: Bearer hand-chosen-token-1', 'Authorization: [redacted]'],
    ['an Authorization header as JSON', '{"authorization":"Basic dXNlcjpwYXNz"}', '{"authorization":"[redacted]"}'],
    ['a cookie', 'cookie: __Host-xopc=abc; theme=dark', 'cookie: [redacted]'],
    ['a token header', 'X-Xopc-Token: my words', 'X-Xopc-Token: [redacted]'],
    ['a bearer alone', 'sent Bearer hand-chosen-token', 'sent Bearer [redacted]'],
    ['a ticket in a query', 'GET /api/events?ticket=abc&since=1', 'GET /api/events?ticket=[redacted]&since=1'],
    ['a token in a query', '/x?access_token=abc', '/x?access_token=[redacted]'],
    ['a token in a fragment', 'http://h/#token=abc', 'http://h/#token=[redacted]'],
    ['a pairing secret', 'http://h/xopc/pair#ps=abc', 'http://h/xopc/pair#ps=[redacted]'],
    ['the registration secret', 'registrationSecret=abc', 'registrationSecret=[redacted]'],
    ['userinfo of a URL', 'to http://user:p%40ss@host:80/x', 'to http://[redacted]@host:80/x'],
    ['a user of a URL', 'ssh://me@host', 'ssh://[redacted]@host'],
  ])('%s goes', (_name, text, safe) => {
    expect(redact(text)).toBe(safe)
  })

  it.each([
    'GET /api/status 200 in 3 ms',
    'steps=3 https=1 maps=2 tokens: 5 of 7',
    'sha256 ' + 'ab'.repeat(32),
    'http://127.0.0.1:18790/xopc/',
    'write to me@example.com',
    'basic auth is off',
  ])('%j stays', (text) => {
    expect(redact(text)).toBe(text)
  })

  it.each([
    ['token', true],
    ['sessionToken', true],
    ['registration_secret', true],
    ['apiKey', true],
    ['privateKey', true],
    ['Authorization', true],
    ['set-cookie', true],
    ['steps', false],
    ['https', false],
    ['tokens', false],
    ['publicKey', false],
    ['path', false],
  ])('a field %s holds a secret: %s', (name, secret) => {
    expect(isSecretName(name)).toBe(secret)
  })

  it('takes no time that hostile text could choose', () => {
    const started = performance.now()
    for (const part of ['a', 'a.', 'token', 'a-', 'http://', '=', 'xopc_', 'bearer ', 'a:']) redact(part.repeat(100_000))
    expect(performance.now() - started).toBeLessThan(3000)
  })
})
