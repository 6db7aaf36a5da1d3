import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { startGateway, xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { run } from '../../support/run.ts'
import { type Computers, createComputers } from './computers.ts'
import { type Row, rowOfSight } from './rows.ts'
import { codesIn } from './typed.ts'

// Rows of docs/guide/troubleshooting.md about what is typed, saved and shown: by the built program.

describe('an address that is refused', () => {
  it.each([
    'gateway as the address',
    'ftp://gateway.example.com',
    'https://me:secret@gateway.example.com',
    'https://gateway.example.com/xopc',
    'https://gateway.example.com/?a=1',
    'http://gateway.example.com',
  ])('%s', async (sees) => {
    const { code, pieces } = rowOfSight(sees)
    const stateDir = await tempFolder()
    const ran = await xopc(['proxy', 'set', sees.split(' ')[0] ?? '', '--json'], { stateDir })
    expect(codesIn(ran)).toEqual([code])
    expect(await xopc(['proxy', 'set', pieces[0] ?? ''], { stateDir })).toMatchObject({ code: 0 })
  })
})

describe('a command or a setting that is refused', () => {
  it.each<[sees: string, words: string[]]>([
    ['xopc proxy test without an address', ['proxy', 'test']],
    ['xopc proxy template nginx --domain 192.168.1.20', ['proxy', 'template', 'nginx', '--domain', '192.168.1.20']],
    ['fritz.box in trustedProxies', ['config', 'set', 'gateway.trustedProxies=["fritz.box"]']],
    ['0.0.0.0/0 in trustedProxies', ['config', 'set', 'gateway.trustedProxies=["0.0.0.0/0"]']],
    ['a relative path as proxySocket', ['config', 'set', 'gateway.proxySocket=run/gateway.sock']],
    ['auth.mode none together with a public address', ['config', 'set', 'gateway.auth.mode=none', 'gateway.publicUrl=https://a.example']],
    ['trusted-proxy without a proxy', ['config', 'set', 'gateway.auth.mode=trusted-proxy']],
    ['a setting of the agent API', ['config', 'set', 'gateway.agent.url=http://127.0.0.1:11434/v1']],
  ])('%s', async (sees, words) => {
    const row = rowOfSight(sees)
    const stateDir = await tempFolder()
    expect(codesIn(await xopc([...words, '--json'], { stateDir }))).toContain(row.code)
    await type(row, stateDir)
  })

  it('a whole network as a proxy is warned of', async () => {
    const row = rowOfSight('172.18.0.0/16 in trustedProxies (a warning)')
    const stateDir = await tempFolder()
    await xopc(['config', 'set', 'gateway.trustedProxies=["172.18.0.0/16"]'], { stateDir })
    expect(codesIn(await xopc(['config', 'validate', '--json'], { stateDir }))).toEqual([row.code])
    await type(row, stateDir)
    expect(codesIn(await xopc(['config', 'validate', '--json'], { stateDir }))).toEqual([])
  })

  it('a name where an address belongs', async () => {
    const ran = await xopc(['lan', 'on', '--address', 'home.local', '--json'])
    expect(codesIn(ran)).toEqual([rowOfSight('a name where an address belongs').code])
  })

  it('a socket where everybody may write', async () => {
    const { code } = rowOfSight('a socket in /tmp as proxySocket')
    const gateway = await startGateway()
    const ran = await gateway.xopc(['config', 'set', 'gateway.proxySocket=/tmp/xopc-guide.sock', '--json'])
    expect(codesIn(ran)).toEqual([code])
    expect(codesIn(await gateway.xopc(['status', '--json']))).toContain(code)
  })
})

/** Types the first command of xopc that the page says. Throws where that fails. */
async function type({ pieces }: Row, stateDir: string): Promise<void> {
  const command = pieces.find((piece) => piece.startsWith('xopc ')) ?? ''
  const { stdout } = await run(['sh', '-c', `printf '%s\\n' ${command}`])
  const ran = await xopc(stdout.trimEnd().split('\n').slice(1), { stateDir })
  expect(ran, command).toMatchObject({ code: 0 })
}

describe('a conflict in the overview', () => {
  const unproven = { mode: 'trusted-proxy', trustedProxy: { userHeader: 'x-forwarded-user' } }

  it.each([
    ['any program on this computer can claim to be any user', { trustedProxies: ['127.0.0.1'], auth: unproven }],
    ['a whole network is trusted', { trustedProxies: ['172.18.0.0/16'] }],
  ])('%s', async (sees, config) => {
    const { code, pieces } = rowOfSight(sees)
    const gateway = await startGateway({ config: { gateway: config } })
    expect(codesIn(await gateway.xopc(['status', '--json']))).toContain(code)
    const input = pieces[0]?.startsWith('openssl') ? 'f00dfeed'.repeat(6) : undefined
    const typed = await run(['sh', '-c', `printf '%s\\n' ${pieces[0]?.replace(/^openssl.*\| /, '')}`])
    await gateway.xopc(typed.stdout.trimEnd().split('\n').slice(1), input === undefined ? {} : { input })
    expect(codesIn(await gateway.xopc(['status', '--json']))).not.toContain(code)
  })

  it('the configuration could not be used', async () => {
    const { code, pieces } = rowOfSight('the configuration could not be used')
    const gateway = await startGateway()
    const path = join(gateway.stateDir, 'xopc.json')
    const good = await readFile(path, 'utf8')
    await writeFile(path, good.replace('"gateway"', '"gatewai"'))
    await expect.poll(async () => codesIn(await gateway.xopc(['status', '--json'])), { timeout: 10_000 }).toContain(code)
    const told = await gateway.xopc((pieces[0] ?? '').split(' ').slice(1))
    expect(told.stdout + told.stderr).toContain('gatewai')
  })
})

needsPeer('netns', 'the same network', (ip) => {
  let computers: Computers
  beforeAll(async () => {
    computers = await createComputers(ip, { home: `xopc-rh${process.pid}`, other: `xopc-ro${process.pid}` })
    await computers.run('home', 'xopc gateway --background')
  })
  afterAll(async () => {
    await computers.run('home', 'xopc gateway stop || true')
    await computers.remove()
  })

  it('anyone on the internet may reach the gateway, over plain http', async () => {
    const { code, pieces } = rowOfSight('anyone on the internet may reach the gateway, over plain http')
    const open = await computers.run('home', 'ip addr add 8.8.4.4/32 dev eth0; xopc config set gateway.bind=0.0.0.0; xopc status --json')
    expect(codesIn(open)).toContain(code)
    const mended = await computers.run('home', `${pieces[0]}; xopc status --json; xopc lan off; ip addr del 8.8.4.4/32 dev eth0`)
    expect(mended.code, mended.stderr).toBe(0)
    expect(codesIn(mended)).not.toContain(code)
  })

  it.each([
    ['the address is none of this computer', 'xopc lan on --address 192.168.1.99 --json'],
    ['this computer has no address for it', 'ip addr flush dev eth0; xopc lan on --json'],
    ['nothing was opened, because everybody would be let in', 'xopc lan off; xopc config set gateway.auth.mode=none; xopc lan on --json'],
  ])('%s', async (sees, script) => {
    expect(codesIn(await computers.run('home', script))).toContain(rowOfSight(sees).code)
  })
})

describe('a command line that does not reach the gateway', () => {
  it('no gateway is running', async () => {
    const ran = await xopc(['proxy', 'test', 'https://gateway.example.com', '--json'])
    expect(codesIn(ran)).toEqual([rowOfSight('no gateway is running').code])
  })

  it('one is running already', async () => {
    const gateway = await startGateway()
    expect(codesIn(await gateway.xopc(['gateway', '--json']))).toEqual([rowOfSight('one is running already').code])
  })

  it('the port is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    atEnd(async () => void server.close())
    const at = server.address()
    const port = typeof at === 'object' && at !== null ? at.port : 0
    expect(codesIn(await xopc(['gateway', '--port', String(port), '--json']))).toEqual([rowOfSight('the port is taken').code])
  })

  it('it holds the folder and does not answer', async () => {
    const gateway = await startGateway()
    process.kill(gateway.pid, 'SIGSTOP')
    try {
      expect(codesIn(await gateway.xopc(['status', '--json']))).toEqual([rowOfSight('it holds the folder and does not answer').code])
    } finally {
      process.kill(gateway.pid, 'SIGCONT')
    }
  })
})
