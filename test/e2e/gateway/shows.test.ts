import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { tempFolder } from '../../support/cleanup.ts'
import { startGateway, xopc } from '../../support/gateway.ts'
import { otherComputer } from '../../support/netns.ts'
import { needsPeer } from '../../support/peers.ts'
import { startUpstream } from '../../support/upstream.ts'

// What the first version promises, each as a person would see it.

needsPeer('netns', 'a streaming app, from another computer', (ip) => {
  it('is closed to the network until lan is on, streams then, and closes again while a local stream goes on', async () => {
    const app = await startUpstream()
    const gateway = await startGateway({ config: { gateway: { upstream: { url: app.url } } } })
    const phone = await otherComputer(ip)
    const there = `http://${phone.hostAddress}:${gateway.port}`
    const curl = (...args: string[]) => phone.run(['curl', '-s', '--max-time', '5', ...args])
    const auth = ['-H', `Authorization: Bearer ${gateway.token}`] as const

    expect((await curl(`${there}/health`)).code, 'refused before lan is on').toBe(7)

    const on = await gateway.xopc(['lan', 'on', '--json'])
    expect(on, on.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(on.stdout)).toMatchObject({ phase: 'on', verified: { vantage: 'self', verdict: { ok: true } } })
    expect(JSON.parse(on.stdout).urls).toContain(there)

    const status = async (...args: string[]) => (await curl('-o', '/dev/null', '-w', '%{http_code}', ...args)).stdout
    expect(await status(`${there}/`)).toBe('401')
    expect(await status(...auth, `${there}/`)).toBe('200')

    const local = await stream(`${gateway.url}/events?every=100&count=0`, gateway.token)
    const remote = phone.start(['curl', '-sN', ...auth, `${there}/events?every=200&count=3`])
    const times: number[] = []
    remote.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const _ of text.matchAll(/^data:/gm)) times.push(Date.now())
    })
    await new Promise((resolve) => remote.once('close', resolve))
    expect(times).toHaveLength(3)
    // As they are written, not in one heap at the end.
    expect(times[2]! - times[0]!).toBeGreaterThan(200)

    const off = await gateway.xopc(['lan', 'off', '--json'])
    expect(off, off.stderr).toMatchObject({ code: 0 })
    expect((await curl(`${there}/health`)).code, 'refused after lan is off').toBe(7)
    const before = local.events()
    await expect.poll(() => local.events()).toBeGreaterThan(before + 2)
    local.end()
  })

  it('echoes over a WebSocket', async () => {
    const app = await startUpstream()
    const gateway = await startGateway({ config: { gateway: { bind: 'lan', upstream: { url: app.url } } } })
    const phone = await otherComputer(ip)
    const url = `ws://${phone.hostAddress}:${gateway.port}/ws`
    // The cable appeared after the gateway: its address is found within two seconds.
    const script = `
      const { WebSocket } = require('ws'); let left = 50
      const dial = () => { const s = new WebSocket(${JSON.stringify(url)}, { headers: { authorization: 'Bearer ' + process.argv[1] } })
        s.on('open', () => s.send('hello')); s.on('message', (m) => { console.log(String(m)); process.exit(0) })
        s.on('error', (e) => { if (left-- === 0) { console.log(e.message); process.exit(1) } setTimeout(dial, 100) }) }
      dial()`
    const ran = await phone.run([process.execPath, '-e', script, gateway.token], { cwd: import.meta.dirname })
    expect(ran.stdout + ran.stderr).toContain('hello')
    const refused = new WebSocket(url.replace(phone.hostAddress, '127.0.0.1'))
    expect(await new Promise((resolve) => refused.once('error', (error) => resolve(error.message)))).toContain('401')
  })
})

it('changes one line of a file full of comments, and the running gateway applies it', async () => {
  const text = `// my gateway
{
  gateway: { // everything
    port: 0, /* any */
    auth: { mode: "token", token: "0123456789abcdef0123456789abcdef0123456789abcdef" },
    // where people find it
    publicUrl: "https://old.test",
    trustedProxies: [], // none
  },
}
`
  const gateway = await startGateway({ config: text })
  const set = await gateway.xopc(['config', 'set', 'gateway.publicUrl=https://gateway.test:8443'])
  expect(set, set.stderr).toMatchObject({ code: 0 })
  expect(set.stdout + set.stderr).toMatch(/applied/i)
  const now = readFileSync(join(gateway.stateDir, 'xopc.json'), 'utf8').split('\n')
  const changed = text.split('\n').flatMap((line, index) => (line === now[index] ? [] : [now[index]]))
  expect(changed).toEqual(['    publicUrl: "https://gateway.test:8443",'])
  expect(now).toHaveLength(text.split('\n').length)
})

it('moves to another port while it runs, and says so in its lock', async () => {
  const gateway = await startGateway()
  const port = await freePort()
  const set = await gateway.xopc(['config', 'set', `gateway.port=${port}`])
  expect(set.stdout + set.stderr).toMatch(/rebound/i)
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
  expect(JSON.parse(readFileSync(join(gateway.stateDir, 'run/gateway.json'), 'utf8'))).toMatchObject({ url: `http://127.0.0.1:${port}` })
})

it('lists every way in with audience and state', async () => {
  const gateway = await startGateway()
  const ran = await gateway.xopc(['status', '--json'])
  expect(JSON.parse(ran.stdout).methods).toEqual([
    expect.objectContaining({ id: 'tailscale', audience: 'tailnet', intended: false, state: { phase: 'off' } }),
    expect.objectContaining({ id: 'lan', audience: 'lan', intended: false, state: { phase: 'off' } }),
    expect.objectContaining({ id: 'proxy', audience: 'internet', intended: false, state: { phase: 'off' } }),
    expect.objectContaining({ id: 'tunnel', audience: 'internet', intended: false, state: { phase: 'off' } }),
  ])
})

it('comes back after kill -9 with the same identity and token, no orphan and no stale lock', async () => {
  const first = await startGateway({ config: { gateway: { port: 0 } } })
  const identity = readFileSync(join(first.stateDir, 'identity.json'), 'utf8')
  const token = (await first.xopc(['gateway', 'token', '--show'])).stdout.trim()
  expect(token).toMatch(/^[0-9a-f]{48}$/)
  await first.kill9()
  const offline = await xopc(['gateway', 'status', '--json'], { stateDir: first.stateDir })
  expect(offline.code).toBe(1)
  const second = await startGateway({ stateDir: first.stateDir })
  expect(second.pid).not.toBe(first.pid)
  expect(readFileSync(join(first.stateDir, 'identity.json'), 'utf8')).toBe(identity)
  expect((await second.xopc(['gateway', 'token', '--show'])).stdout.trim()).toBe(token)
  expect((await second.fetch('/api/status', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
})

it('makes a token on first start and keeps it', async () => {
  const gateway = await startGateway({ config: '{ gateway: { port: 0 } } // mine\n' })
  const file = readFileSync(join(gateway.stateDir, 'xopc.json'), 'utf8')
  expect(file).toMatch(/token: ["'][0-9a-f]{48}["']/)
  expect(file).toContain('// mine')
  await expect.poll(() => gateway.output()).toContain('Ctrl-C ends it')
  expect(gateway.output()).toContain('gateway token --show')
  expect(gateway.output()).not.toMatch(/[0-9a-f]{48}/)
})

it('ends with Ctrl-C, leaving neither lock nor sockets', async () => {
  const gateway = await startGateway()
  process.kill(gateway.pid, 'SIGINT')
  // stop() would send a second signal, which means "at once".
  await expect.poll(() => existsSync(`/proc/${gateway.pid}`), { timeout: 5_000 }).toBe(false)
  expect(await gateway.stop()).toBe(0)
  expect(existsSync(join(gateway.stateDir, 'run/gateway.json'))).toBe(false)
  expect(existsSync(gateway.controlSocket)).toBe(false)
})

it('runs in the background, restarts and stops', async () => {
  const stateDir = await tempFolder()
  await writeFile(join(stateDir, 'xopc.json'), '{ gateway: { port: 0 } }', { mode: 0o600 })
  const started = await xopc(['gateway', '--background', '--json'], { stateDir })
  expect(started, started.stderr).toMatchObject({ code: 0 })
  try {
    const again = await xopc(['gateway', '--background', '--json'], { stateDir })
    expect(again.code).toBe(1)
    expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: 'GATEWAY_ALREADY_RUNNING' } })
    const before = JSON.parse((await xopc(['gateway', 'status', '--json'], { stateDir })).stdout)
    expect((await xopc(['gateway', 'restart'], { stateDir })).code).toBe(0)
    await expect
      .poll(async () => JSON.parse((await xopc(['gateway', 'status', '--json'], { stateDir })).stdout).startedAt, { timeout: 15_000 })
      .toSatisfy((at) => typeof at === 'string' && at !== before.startedAt)
  } finally {
    expect((await xopc(['gateway', 'stop'], { stateDir })).code).toBe(0)
  }
  expect((await xopc(['gateway', 'status'], { stateDir })).code).toBe(1)
})

function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  return new Promise((resolve) =>
    server.once('listening', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    }),
  )
}

async function stream(url: string, token: string): Promise<{ events(): number; end(): void }> {
  const abort = new AbortController()
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal: abort.signal })
  let events = 0
  const reading = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) events += chunk.match(/^data:/gm)?.length ?? 0
  })()
  reading.catch((error: unknown) => {
    if (!abort.signal.aborted) throw error
  })
  return { events: () => events, end: () => abort.abort() }
}
