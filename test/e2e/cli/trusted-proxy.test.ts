import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startGateway, xopc } from '../../support/gateway.ts'
import { errorIn } from './house.ts'

// Where a proxy signs people in there is no token to show, to make or to replace, and every command says so.

const proxied = `{
  gateway: {
    port: 0,
    trustedProxies: ['127.0.0.1'],
    auth: { mode: 'trusted-proxy' },
  },
}
`

it('the whole life of a gateway without a token', async () => {
  const gateway = await startGateway({ config: proxied })
  const file = join(gateway.stateDir, 'xopc.json')
  expect(await readFile(file, 'utf8')).toBe(proxied)
  expect(gateway.output()).toContain('your proxy says who somebody is')

  for (const run of [gateway.xopc, (args: readonly string[]) => xopc(args, { stateDir: gateway.stateDir })]) {
    const shown = await run(['gateway', 'token', '--json'])
    expect([shown.code, errorIn(shown.stdout).code]).toEqual([1, 'NO_TOKEN'])
    expect(errorIn(shown.stdout).message).toContain('your proxy signs people in')
    const made = await run(['gateway', 'token', '--generate', '--json'])
    expect([made.code, errorIn(made.stdout).code]).toEqual([1, 'TOKEN_NOT_USED'])
  }
  expect(await readFile(file, 'utf8')).toBe(proxied)

  expect((await gateway.xopc(['gateway', 'status'])).stdout).toContain('trusted-proxy')
  const status = await gateway.xopc(['status'])
  expect([status.code, status.stdout]).toEqual([0, expect.stringContaining('can claim to be any user')])
  expect(status.stdout).toContain('xopc config set --stdin gateway.auth.trustedProxy.sharedSecret')
  expect((await gateway.xopc(['status', '--check'])).code).toBe(1)

  const secret = await gateway.xopc(['config', 'set', '--stdin', 'gateway.auth.trustedProxy.sharedSecret'], { input: 'f00dfeed'.repeat(6) })
  expect([secret.code, secret.stdout]).toEqual([0, expect.stringContaining('applied')])
  expect((await gateway.xopc(['status'])).stdout).not.toContain('can claim')
  expect((await gateway.xopc(['config', 'get', 'gateway.auth.trustedProxy.sharedSecret'])).stdout).not.toContain('f00dfeed')

  await gateway.stop()
  const offline = await gateway.xopc(['gateway', 'token', '--generate', '--json'])
  expect([offline.code, errorIn(offline.stdout).code]).toEqual([1, 'TOKEN_NOT_USED'])
})

const refused: [what: string, assignment: string, message: string, hint: string][] = [
  ['without a proxy', 'gateway.auth.mode=trusted-proxy', 'no proxy is trusted', 'xopc config set'],
  ['with a header of another meaning', 'gateway.auth.trustedProxy.userHeader=X-Forwarded-For', 'a meaning of its own', 'X-Forwarded-User'],
  ['with a weak secret', 'gateway.auth.trustedProxy.sharedSecret=secret', 'a well-known example', 'openssl rand -hex 24'],
]
it.each(refused)('what cannot be is not saved, and a line says what to type: %s', async (_, assignment, message, hint) => {
  const { code, stdout } = await xopc(['config', 'set', assignment, '--json'])
  expect([code, errorIn(stdout)]).toMatchObject([3, { message: expect.stringContaining(message), hint: expect.stringContaining(hint) }])
})
