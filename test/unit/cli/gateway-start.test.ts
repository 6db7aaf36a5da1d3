import { expect, it } from 'vitest'
import { announcement } from '../../../src/cli/render/gateway-start.ts'
import { type ConfigInput, configSchema } from '../../../src/lib/config/schema.ts'

const url = 'http://127.0.0.1:18790'
const upstream = { url: 'http://127.0.0.1:3000' }
const publicUrl = 'https://gateway.example.com'
const proxied = { mode: 'trusted-proxy' as const }

/** The line that says how to sign in. */
function signIn(gateway: ConfigInput['gateway']): string | undefined {
  const lines = announcement({ version: '1.0.0', url, config: configSchema.parse({ gateway }), warnings: [], env: {} })
  return lines
    .find((line) => line.startsWith('  Sign in'))
    ?.slice('  Sign in'.length)
    .trim()
}

const cases: [what: string, gateway: ConfigInput['gateway'], words: string][] = [
  ['a token', {}, `open ${url} in a browser, with the token that \`xopc gateway token --show\` prints`],
  ['a token, with an app', { upstream }, 'with the token that `xopc gateway token --show` prints, as Authorization: Bearer'],
  ['a password', { auth: { mode: 'password' } }, `open ${url} in a browser, with your password`],
  ['nobody', { auth: { mode: 'none' }, upstream }, 'nobody is asked (auth.mode is none)'],
  ['a proxy', { auth: proxied }, 'your proxy says who somebody is'],
  ['a proxy, with an app and a name', { auth: proxied, upstream, publicUrl }, `your proxy says who somebody is: open ${publicUrl}`],
]
it.each(cases)('a started gateway says how to sign in: %s', (_, gateway, words) => {
  expect(signIn(gateway)).toBe(words)
})

it('says what is worth knowing, and what to do about it', () => {
  const problem = { path: '', line: null, column: null, severity: 'warning' as const }
  const warnings = [
    { ...problem, code: 'A', message: 'This stands open.', hint: 'Shut it.' },
    { ...problem, code: 'B', message: 'So does that.' },
  ]
  const text = announcement({ version: '1.0.0', url, config: configSchema.parse({}), warnings, env: {} }).join('\n')
  expect(text).toMatch(/\n\n {2}Warning {8}This stands open\.\n {17}Shut it\.\n\n {2}Warning {8}So does that\.\n\nCtrl-C/)
})
