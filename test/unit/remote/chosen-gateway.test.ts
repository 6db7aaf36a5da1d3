import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chosenGateway } from '../../../src/cli/chosen-gateway.ts'
import { tempFolder } from '../../support/cleanup.ts'

const TOKEN = 'a1b2c3d4'.repeat(6)
const OTHER = 'b4d3c2e1'.repeat(6)
const saved = { url: 'https://saved.example', transport: 'direct', token: TOKEN }

/** A state folder with this configuration; null: none. */
async function folder(config: unknown): Promise<NodeJS.ProcessEnv> {
  const dir = await tempFolder()
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  if (config !== null) await writeFile(join(dir, 'xopc.json'), text, { mode: 0o600 })
  return { XOPC_STATE_DIR: dir }
}

const remote = { gateway: { mode: 'remote', remote: saved } }
const local = { gateway: { mode: 'local', remote: saved } }

/** Where it is, who named it, and with which credential; null for this computer. */
async function chosen(env: NodeJS.ProcessEnv, url?: string): Promise<[string, string, string | null] | null> {
  const found = await chosenGateway({ env, url })
  if (found === null) return null
  const { place, from, credential } = found.target
  return [place.kind === 'direct' ? place.origin : place.kind, from, credential]
}

describe('which gateway is chosen', () => {
  const byEnv = { XOPC_GATEWAY_URL: 'https://env.example', XOPC_GATEWAY_TOKEN: 'of-the-environment' }

  it.each<[string, unknown, NodeJS.ProcessEnv, string | undefined, unknown]>([
    ['this one without a file', null, {}, undefined, null],
    ['this one where the file does not speak of it', { gateway: { port: 18790 } }, {}, undefined, null],
    ['this one in local mode, whatever is saved', local, {}, undefined, null],
    ['the saved one in remote mode', remote, {}, undefined, ['https://saved.example', 'gateway.remote', TOKEN]],
    ['the one of the environment before it', remote, byEnv, undefined, ['https://env.example', 'XOPC_GATEWAY_URL', 'of-the-environment']],
    [
      'the one of the environment in local mode',
      local,
      byEnv,
      undefined,
      ['https://env.example', 'XOPC_GATEWAY_URL', 'of-the-environment'],
    ],
    ['the one of the flag before both', remote, byEnv, 'https://flag.example', ['https://flag.example', '--url', 'of-the-environment']],
    [
      'the one of the flag before a broken one of the environment',
      null,
      { XOPC_GATEWAY_URL: 'nonsense' },
      'https://flag.example',
      ['https://flag.example', '--url', null],
    ],
    [
      'an empty variable is none',
      remote,
      { XOPC_GATEWAY_URL: '', XOPC_GATEWAY_TOKEN: '' },
      undefined,
      ['https://saved.example', 'gateway.remote', TOKEN],
    ],
    ['an empty variable is none, in local mode', local, { XOPC_GATEWAY_URL: '' }, undefined, null],
    ['a token alone chooses nothing', local, { XOPC_GATEWAY_TOKEN: OTHER }, undefined, null],
    [
      'the saved one keeps its token beside one of the environment',
      remote,
      { XOPC_GATEWAY_TOKEN: OTHER },
      undefined,
      ['https://saved.example', 'gateway.remote', TOKEN],
    ],
    [
      'the same token in the environment is no second purpose',
      remote,
      { XOPC_GATEWAY_TOKEN: TOKEN },
      undefined,
      ['https://saved.example', 'gateway.remote', TOKEN],
    ],
    [
      'a password belongs to the address, too',
      null,
      { XOPC_GATEWAY_URL: 'https://env.example', XOPC_GATEWAY_PASSWORD: 'p' },
      undefined,
      ['https://env.example', 'XOPC_GATEWAY_URL', 'p'],
    ],
  ])('%s', async (_what, config, env, url, expected) => {
    expect(await chosen({ ...(await folder(config)), ...env }, url)).toEqual(expected)
  })

  it('the saved one goes along only where no credential stands beside the address', async () => {
    const env = await folder(remote)
    const lent = await chosenGateway({ env, url: 'https://flag.example' })
    expect(lent?.saved).toMatchObject({ credential: TOKEN, place: { origin: 'https://saved.example' } })
    expect((await chosenGateway({ env: { ...env, XOPC_GATEWAY_TOKEN: 'own' }, url: 'https://flag.example' }))?.saved).toBeNull()
    expect((await chosenGateway({ env: await folder(local), url: 'https://flag.example' }))?.saved).toBeNull()
  })

  it('--config names the file', async () => {
    const [env, other] = [await folder(local), await folder(remote)]
    const found = await chosenGateway({ env, configPath: join(String(other['XOPC_STATE_DIR']), 'xopc.json') })
    expect(found?.target.from).toBe('gateway.remote')
  })
})

describe('an address that cannot be used is an error, never another gateway', () => {
  it.each([' ', 'nonsense', 'ftp://host', 'https://host/path', 'https://a:b@host', 'localhost:18790'])('%j', async (text) => {
    for (const config of [local, remote]) {
      const env = await folder(config)
      await expect(chosenGateway({ env: { ...env, XOPC_GATEWAY_URL: text } })).rejects.toMatchObject({ code: 'REMOTE_URL_INVALID' })
      await expect(chosenGateway({ env, url: text })).rejects.toMatchObject({ code: 'REMOTE_URL_INVALID' })
    }
  })

  it('an empty flag', async () => {
    await expect(chosenGateway({ env: await folder(remote), url: '' })).rejects.toMatchObject({ code: 'REMOTE_URL_INVALID' })
  })

  it('plain http to a public name', async () => {
    const env = await folder(null)
    await expect(chosenGateway({ env: { ...env, XOPC_GATEWAY_URL: 'http://home.example.com' } })).rejects.toMatchObject({
      code: 'INSECURE_URL',
    })
  })

  it('a saved one that is none, or is not there', async () => {
    const wrong = { gateway: { mode: 'remote', remote: { ...saved, url: 'https://host/path' } } }
    await expect(chosen(await folder(wrong))).rejects.toMatchObject({ code: expect.stringMatching(/REMOTE_URL_INVALID|CONFIG_INVALID/) })
    await expect(chosen(await folder({ gateway: { mode: 'remote' } }))).rejects.toMatchObject({
      code: expect.stringMatching(/NO_REMOTE_GATEWAY|CONFIG_INVALID/),
    })
  })
})

describe('remote mode', () => {
  const inRemote = (mode: string): string => `{ gateway: { ${mode}, remote: { url: "https://saved.example", transport: "direct" } } }`

  it.each([
    ['in JSON5', inRemote(`mode: 'remote'`)],
    ['with quotes and blanks', inRemote(`"mode"\n :\n "remote"`)],
    ['with a comment between', inRemote(`mode: /* of course */ "remote"`)],
    ['with an escape in the value', inRemote('mode: "re\\u006dote"')],
    ['with an escape in the name', inRemote('"mo\\u0064e": "remote"')],
    ['with a variable', inRemote('mode: "${HOW}"')],
  ])('is seen %s', async (_how, text) => {
    const env = { ...(await folder(text)), HOW: 'remote' }
    expect(await chosen(env)).toEqual(['https://saved.example', 'gateway.remote', null])
  })

  it('is not, where a variable says local', async () => {
    expect(await chosen({ ...(await folder(inRemote('mode: "${HOW}"'))), HOW: 'local' })).toBeNull()
  })

  const broken = (mode: string): string => `${inRemote(mode)} }`
  it.each([
    ['in JSON5', broken(`mode: 'remote'`)],
    ['with quotes and blanks', broken(`"mode" :\n "remote"`)],
    ['with a comment between', broken(`mode: /* of course */ "remote"`)],
    ['with a line of comment between', broken(`mode: // of course\n "remote"`)],
    ['with an escape', broken('mode: "re\\u006dote"')],
    ['with a variable', broken('mode: "${HOW}"')],
    ['with an unknown setting beside it', inRemote(`mode: "remote", prot: 1`)],
  ])('of a broken file is an error, %s', async (_how, text) => {
    const env = { ...(await folder(text)), HOW: 'remote' }
    await expect(chosen(env)).rejects.toMatchObject({ code: 'CONFIG_INVALID', exit: 3 })
  })

  it.each([
    ['does not speak of it', '{ gateway: { port: 1, } } }'],
    ['has a saved one and says local', broken('mode: "local"')],
    ['has a saved one and says nothing', broken('port: 18790')],
    ['is empty', ''],
    ['is a word', 'remote'],
  ])('of a broken file is none where it %s', async (_what, text) => {
    expect(await chosen(await folder(text))).toBeNull()
  })
})
