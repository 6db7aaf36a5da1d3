import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { startGateway, xopc, type RunningGateway } from '../../support/gateway.ts'
import { refused } from './house.ts'

const token = '0123456789abcdef0123456789abcdef'

async function stateWith(text: string | Buffer): Promise<{ stateDir: string; file: string }> {
  const stateDir = await tempFolder()
  const file = join(stateDir, 'xopc.json')
  writeFileSync(file, text, { mode: 0o600 })
  return { stateDir, file }
}

const broken: [what: string, text: string | Buffer, codes: string[]][] = [
  ['half-written', '{\n  gateway: { port: 18790,\n', ['CONFIG_SYNTAX']],
  ['empty', '', ['CONFIG_SYNTAX']],
  ['a list', '[1]', ['CONFIG_SYNTAX']],
  ['no text', Buffer.from([0xff, 0xfe, 0, 1]), ['CONFIG_SYNTAX']],
  ['with unknown and misspelt keys', '{ gateway: { prot: 1, bnd: "lan" }, nonsense: 1 }', Array(3).fill('CONFIG_UNKNOWN_KEY')],
  ['with a key twice', '{ gateway: { bind: "lan", bind: "loopback" } }', ['CONFIG_DUPLICATE_KEY']],
  ['with a wrong type', '{ gateway: { maxSseConnections: "many" } }', ['CONFIG_WRONG_TYPE']],
  ['with a weak token', '{ gateway: { auth: { token: "change-me-now" } } }', ['SECRET_WEAK']],
  ['with a token of one character', '{ gateway: { auth: { token: "aaaaaaaaaaaaaaaaaaaaaaaa" } } }', ['SECRET_WEAK']],
  ['with a masked token', '{ gateway: { auth: { token: "••••••••••••" } } }', ['SECRET_MASKED']],
  ['with a variable that is not set', '{ gateway: { auth: { token: "${NOPE_NOT_SET}" } } }', ['CONFIG_ENV_NOT_SET']],
  ['with what comes later', '{ gateway: { agent: { url: "http://127.0.0.1:1/v1" } } }', ['NOT_IN_THIS_VERSION']],
  ['with a metadata address', '{ gateway: { upstream: { url: "http://169.254.169.254" } } }', ['UPSTREAM_FORBIDDEN']],
  ['with escape sequences', '{ gateway: { publicUrl: "https://\\u001b[31mred\\u0007\\u202e.example" } }', ['invalid_url']],
  ['with escape sequences in a key', '{ "gate\\u001b[2Jway": 1 }', ['CONFIG_UNKNOWN_KEY']],
  ['with a very long line', `{ gateway: { bind: "${'a'.repeat(1_000_000)}" } }`, ['CONFIG_WRONG_VALUE']],
]

describe('a configuration file that is', () => {
  it.each(broken)('%s: exit 3, each problem once with its line, nothing written', async (_what, text, codes) => {
    const { stateDir, file } = await stateWith(text)
    const refusal = await refused(['gateway', '--port', '0'], { stateDir })
    expect([refusal.exit, refusal.code]).toEqual([3, 'CONFIG_INVALID'])
    expect(refusal.problems?.map(({ code }) => code)).toEqual(codes)
    expect(refusal.problems?.every(({ line }) => line !== null)).toBe(true)
    for (const { message } of refusal.problems ?? []) expect(refusal.told.split(message)).toHaveLength(2)
    if (codes.length > 1) expect(refusal.message).toMatch(new RegExp(`cannot be used: ${codes.length} problems\\.$`))
    expect(readFileSync(file)).toEqual(Buffer.from(text))
  })

  it('wrong by a flag alone blames the flag', async () => {
    const refusal = await refused(['gateway', '--bind', 'everywhere'])
    expect(refusal).toMatchObject({ exit: 3, code: 'CONFIG_INVALID', message: expect.stringMatching(/^--bind cannot be used\. /) })
  })
})

describe('the way out of', () => {
  it('a weak token beside another mistake is what the hints say', async () => {
    const { stateDir, file } = await stateWith('{ gateway: { port: 0, prot: 3, auth: { token: "token" } /* mine */ } }')
    const unset = await xopc(['config', 'unset', 'gateway.prot'], { stateDir })
    expect(unset).toMatchObject({ code: 0 })
    const weak = await refused(['gateway'], { stateDir })
    expect(weak.hint).toContain('xopc gateway token --generate')
    expect(await xopc(['gateway', 'token', '--generate'], { stateDir })).toMatchObject({ code: 0 })
    expect(await xopc(['config', 'validate'], { stateDir })).toMatchObject({ code: 0 })
    expect(readFileSync(file, 'utf8')).toMatch(/token: "[0-9a-f]{48}" \} \/\* mine \*\//)
  })

  it('settings of a later version is to unset them one by one', async () => {
    const { stateDir } = await stateWith('{ gateway: { agent: { url: "http://127.0.0.1:1/v1" }, tailscale: { mode: "serve" } } }')
    for (const key of ['gateway.agent', 'gateway.tailscale.mode']) {
      expect(await xopc(['config', 'unset', key], { stateDir })).toMatchObject({ code: 0 })
    }
    expect(await xopc(['status'], { stateDir })).toMatchObject({ code: 0 })
  })
})

describe('a path that leads', () => {
  it.each([
    ['in a circle', (file: string) => symlinkSync('xopc.json', file), 'FILE_NOT_READABLE'],
    ['to a folder', (file: string) => mkdirSync(file), 'CONFIG_NOT_A_FILE'],
  ] as const)('%s: said, not followed', async (_what, prepare, code) => {
    const stateDir = await tempFolder()
    prepare(join(stateDir, 'xopc.json'))
    for (const args of [['gateway', '--port', '0'], ['config', 'set', 'gateway.port=9'], ['status']]) {
      expect((await refused(args, { stateDir })).code).toBe(code)
    }
  })

  it('over a link: the edit lands behind it and the link stays', async () => {
    const { stateDir, file } = await stateWith('')
    const real = join(stateDir, 'mine.json5')
    writeFileSync(real, '{ // mine\n}\n')
    const link = join(await tempFolder(), 'xopc.json')
    symlinkSync(real, link)
    expect(await xopc(['config', 'set', 'gateway.port=9', '--config', link], { stateDir })).toMatchObject({ code: 0 })
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(real, 'utf8')).toMatch(/\/\/ mine[^]*port: 9/)
    expect(readFileSync(file, 'utf8')).toBe('')
  })
})

describe('under a running gateway', () => {
  async function withBrokenFile(
    text = '{ gateway: { port: 0, bogus: 1, alsobad: 2 } }',
  ): Promise<{ gateway: RunningGateway; file: string }> {
    const gateway = await startGateway({ config: { gateway: { auth: { token } } } })
    const file = join(gateway.stateDir, 'xopc.json')
    writeFileSync(file, text)
    await expect.poll(gateway.output, { timeout: 10_000 }).toContain('The gateway goes on with what it had.')
    return { gateway, file }
  }

  it('a file that breaks is said on its terminal and in status, and neither restart nor --force ends the gateway for it', async () => {
    const { gateway, file } = await withBrokenFile()
    const before = readFileSync(file)
    expect((await gateway.xopc(['status'])).stdout).toMatch(/cannot be used: 2 problems\. The gateway goes on[^]*xopc config validate/)
    for (const args of [
      ['gateway', 'restart'],
      ['gateway', '--force'],
      ['gateway', '--force', '--background'],
    ]) {
      const refusal = await refused(args, { stateDir: gateway.stateDir })
      expect([refusal.exit, refusal.code, refusal.problems?.length]).toEqual([3, 'CONFIG_INVALID', 2])
      expect((await gateway.fetch('/api/status')).status).toBe(200)
    }
    expect(readFileSync(file)).toEqual(before)
  })

  it('a new token in a file that cannot be used is not said to be in effect', async () => {
    const { gateway } = await withBrokenFile(`{ gateway: { port: 0, bogus: 1, auth: { token: "${token}" } } }`)
    const { code, stderr } = await gateway.xopc(['gateway', 'token', '--generate'])
    expect([code, stderr]).toEqual([3, expect.stringContaining('the old token stays')])
    expect((await gateway.fetch('/api/status')).status).toBe(200)
  })

  it('twelve edits at once all land', async () => {
    const gateway = await startGateway({
      config: '{ /* mine */ gateway: { port: 0, auth: { token: "0123456789abcdef0123456789abcdef" } } }',
    })
    const keys = ['maxAttempts', 'windowMs', 'blockDurationMs'].map((key) => `gateway.auth.rateLimit.${key}`)
    const edits = [1, 2, 3, 4].flatMap((round) => keys.map((key) => `${key}=${(key.endsWith('Ms') ? 60_000 : 600) + round}`))
    const ran = await Promise.all(edits.map((edit) => gateway.xopc(['config', 'set', edit])))
    expect(ran.map(({ code, stderr }) => [code, stderr])).toEqual(edits.map(() => [0, '']))
    const text = readFileSync(join(gateway.stateDir, 'xopc.json'), 'utf8')
    expect(text).toContain('/* mine */')
    for (const key of keys) expect(text).toMatch(new RegExp(`${key.split('.').at(-1)}: 60+[1-4]`))
    expect((await gateway.fetch('/api/status')).status).toBe(200)
  })
})

describe('a save that is killed', () => {
  it('leaves the old text or the new one, and the next save is not in its way', async () => {
    const { stateDir, file } = await stateWith(`{ /* mine */ gateway: { port: 0, auth: { token: "${token}" } } }`)
    for (let round = 1; round <= 12; round++) {
      await xopc(['config', 'set', `gateway.maxSseConnections=${100 + round}`], { stateDir, timeoutMs: 60 + round * 12 })
      expect(readFileSync(file, 'utf8')).toMatch(/^\{ \/\* mine \*\/[^]*\}\n?$/)
    }
    expect(await xopc(['config', 'set', 'gateway.maxSseConnections=200'], { stateDir })).toMatchObject({ code: 0 })
    expect(readFileSync(file, 'utf8')).toContain('maxSseConnections: 200')
  })
})

describe('xopc config edit', () => {
  it.each([
    ['that fails', 'exit 3', 1, 'CONFIG_EDITOR_FAILED', 0],
    ['that is killed', 'kill -9 $$', 1, 'CONFIG_EDITOR_FAILED', 0],
    ['that fails after it wrote', 'echo "{ gateway: { port: 1 } }" > "$1"; exit 1', 1, 'CONFIG_EDITOR_FAILED', 1],
    ['that writes rubbish', 'echo rubbish > "$1"', 3, 'CONFIG_INVALID', 1],
    ['that writes nothing', ': > "$1"', 3, 'CONFIG_INVALID', 1],
  ])('with an editor %s leaves the file, and keeps what was written', async (_what, script, exit, code, copies) => {
    const { stateDir, file } = await stateWith('{ /* mine */ }')
    const editor = join(await tempFolder(), 'editor')
    writeFileSync(editor, `#!/bin/sh\n${script}\n`)
    chmodSync(editor, 0o755)
    const { code: exited, stderr } = await xopc(['config', 'edit'], { stateDir, env: { EDITOR: editor } })
    expect([exited, stderr]).toEqual([exit, expect.stringContaining(code)])
    expect(readFileSync(file, 'utf8')).toBe('{ /* mine */ }')
    const kept = readdirSync(stateDir).filter((name) => name.includes('.edit-'))
    expect(kept).toHaveLength(copies)
    for (const name of kept) expect(stderr).toContain(name)
  })

  it.each([
    [{ EDITOR: '/nonexistent/editor' }, 'PROGRAM_NOT_FOUND'],
    [{ EDITOR: '', VISUAL: '' }, 'CONFIG_NO_EDITOR'],
  ])('with %j: said, and no copy left', async (env, code) => {
    const { stateDir } = await stateWith('{}')
    expect(await refused(['config', 'edit'], { stateDir, env })).toMatchObject({ exit: 1, code })
    expect(readdirSync(stateDir).filter((name) => name.includes('.edit-'))).toEqual([])
  })
})

it('a mask given to config set changes nothing, and is said', async () => {
  const { stateDir, file } = await stateWith(`{ gateway: { auth: { token: "${token}" } } }`)
  const before = readFileSync(file)
  const { code, stdout, stderr } = await xopc(['config', 'set', 'gateway.auth.token=••••••••••••'], { stateDir })
  expect([code, stdout, stderr]).toEqual([0, '', expect.stringContaining('was given as a mask, so it stays')])
  expect(readFileSync(file)).toEqual(before)
})
