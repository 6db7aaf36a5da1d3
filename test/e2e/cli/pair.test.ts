import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import jsqr from 'jsqr'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Device, PairingCode } from '../../../src/lib/protocol/pairing-api.ts'
import { readAppLink, secretOf } from '../../../src/lib/protocol/pairing-link.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { terminalPixels, themes } from '../../support/terminal-pixels.ts'
import { errorIn } from './house.ts'
import { startReachable, startXopc } from './running.ts'

const terminal = { columns: 120, rows: 60 }
const appLink = /xopc:\/\/gateway\/mobile-connect\S+/

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await startReachable()
})

function exchange(secret: string, body: Record<string, string> = {}): Promise<Response> {
  return exchangeAt(gateway.url, secret, body)
}

function exchangeAt(url: string, secret: string, body: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/api/tunnel/exchange-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pairingSecret: secret, ...body }),
  })
}

function secretIn(link: string): string {
  return readAppLink(link)?.secret ?? secretOf(new URL(link).hash) ?? ''
}

/** The lines of `xopc pair --json`. */
function linesOf(stdout: string): PairingCode[] {
  // `as`: the API's own form, which its schema holds.
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PairingCode)
}

async function jsonOf(args: readonly string[]): Promise<PairingCode> {
  const { stdout } = await gateway.xopc([...args, '--json'])
  return JSON.parse(stdout) as PairingCode
}

describe('in a terminal', () => {
  it.each(['dark', 'light'] as const)(
    'a scanner reads the QR of a %s one, the phone joins by it once, and it is said who and from where',
    async (theme) => {
      const pair = startXopc(['pair'], { stateDir: gateway.stateDir, terminal })
      await pair.says(/Waiting, .* left/)
      const { data, width, height } = terminalPixels(pair.stdout(), { columns: terminal.columns, theme: themes[theme] })
      const scanned = jsqr.default(data, width, height, { inversionAttempts: 'dontInvert' })?.data ?? ''
      expect(scanned).toMatch(/^xopc:\/\/gateway\/mobile-connect\?v=2&sid=/)
      expect(pair.stdout()).toContain(scanned)
      expect(scanned).not.toContain(gateway.token)
      const joined = await exchange(secretIn(scanned), { deviceName: `Pixel ${theme}`, platform: 'android' })
      expect(joined.status).toBe(200)
      expect(await pair.ended).toBe(0)
      expect(pair.stdout()).toMatch(new RegExp(`“Pixel ${theme}” \\(android\\) joined from 127\\.0\\.0\\.1, by the local door`))
      expect((await exchange(secretIn(scanned))).status).toBe(401)
    },
  )

  it('shows a code that waits already, by its id, and only while it waits', async () => {
    const minted = await jsonOf(['pair', '--timeout', '0'])
    const pair = startXopc(['pair', '--code', minted.id], { stateDir: gateway.stateDir, terminal })
    await pair.says(/Waiting, .* left/)
    expect(appLink.exec(pair.stdout())?.[0]).toBe(minted.links?.app)
    expect((await exchange(secretIn(minted.links?.app ?? ''), { deviceName: 'Shown' })).status).toBe(200)
    expect(await pair.ended).toBe(0)
    const again = await gateway.xopc(['pair', '--code', minted.id])
    expect([again.code, again.stdout]).toEqual([1, expect.stringContaining('Shown')])
    expect(errorIn((await gateway.xopc(['pair', '--code', 'nobody', '--json'])).stdout)).toMatchObject({ code: 'PAIRING_NOT_FOUND' })
    expect((await gateway.xopc(['pair', '--code', minted.id, '--admin'])).code).toBe(2)
  })

  it('counts down, and Ctrl-C takes the unused code back', async () => {
    const pair = startXopc(['pair'], { stateDir: gateway.stateDir, terminal })
    await pair.says(/Waiting, 4 minutes 5\d seconds left/)
    const [link] = await pair.says(appLink)
    pair.type('\u0003')
    expect(await pair.ended).toBe(130)
    expect(pair.stdout()).toMatch(/Nobody joined within[^]*the code was taken back/)
    expect((await exchange(secretIn(link))).status).toBe(401)
  })

  it('that is too narrow shows the link and what to do', async () => {
    const pair = startXopc(['pair', '--timeout', '1'], { stateDir: gateway.stateDir, terminal: { columns: 40, rows: 60 } })
    expect(await pair.ended).toBe(1)
    expect(pair.stdout().replaceAll(/\s+/g, ' ')).toMatch(/too small for the QR code: it needs \d+ columns/)
    expect(pair.stdout()).not.toContain('▀')
  })
})

describe('without a terminal', () => {
  it('the browser’s link is for a browser alone', async () => {
    const pair = startXopc(['pair', '--browser', '--name', 'Kitchen'], { stateDir: gateway.stateDir })
    const [link] = await pair.says(/http:\/\/\S+\/xopc\/pair#ps=\S+/)
    await pair.says(/Waiting/)
    // Without the cookie's way in, and without the origin that the code was made for.
    expect((await exchange(secretIn(link))).status).toBe(401)
    pair.kill('SIGTERM')
    expect(await pair.ended).toBe(130)
    expect(pair.stdout()).toContain('the code was taken back')
  })

  it('--timeout takes the code back when its time is over', async () => {
    const pair = startXopc(['pair', '--timeout', '1', '--json'], { stateDir: gateway.stateDir })
    expect(await pair.ended).toBe(1)
    expect(linesOf(pair.stdout())).toMatchObject([{ state: 'waiting' }, { state: 'revoked', links: null, device: null }])
    expect(pair.stderr()).toBe('')
  })

  it('--timeout 0 gives the code at once, and it stays good', async () => {
    const code = await jsonOf(['pair', '--timeout', '0', '--name', 'Anna'])
    expect(code).toMatchObject({ state: 'waiting', name: 'Anna', scopes: ['read', 'run'] })
    const reply = (await (await exchange(secretIn(code.links?.app ?? ''), { deviceName: 'other' })).json()) as { device: Device }
    expect(reply.device.name).toBe('Anna')
  })

  it('--json prints the code at once, and how it ended on another line', async () => {
    const pair = startXopc(['pair', '--admin', '--name', 'Helper', '--json'], { stateDir: gateway.stateDir })
    await pair.says(/"waiting".*\n/)
    const [code] = linesOf(pair.stdout())
    expect((await exchange(secretIn(code?.links?.app ?? ''))).status).toBe(200)
    expect(await pair.ended).toBe(0)
    const [, end, ...more] = linesOf(pair.stdout())
    expect(more).toEqual([])
    expect(end).toMatchObject({
      state: 'used',
      links: null,
      qr: null,
      device: { name: 'Helper', lastIp: '127.0.0.1' },
    })
    expect(pair.stderr()).toBe('')
  })
})

describe('what is refused', () => {
  it.each([
    [['pair', '--browser', '--admin'], 2, 'ADMIN_IN_XOPC_UI', 'xopc ui'],
    [['pair', '--name', '\u0007'], 2, 'DEVICE_NAME_INVALID', 'For example'],
    [['pair', '--timeout', '301'], 2, 'USAGE', 'xopc pair --help'],
  ])('%j: %d %s', async (args, exit, code, hint) => {
    const { code: left, stdout } = await gateway.xopc([...args, '--json'])
    expect([left, errorIn(stdout).code]).toEqual([exit, code])
    expect(errorIn(stdout).hint).toContain(hint)
  })

  it('with only loopback there is no QR, but why, and the command that mends it', async () => {
    const closed = await startGateway()
    const { code, stdout, stderr } = await closed.xopc(['pair'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/Only this computer reaches the gateway[^]*xopc lan on[^]*GATEWAY_LOOPBACK_ONLY/)
  })

  it('a gateway that ends takes the code with it, and that is said', async () => {
    const ending = await startReachable()
    const pair = startXopc(['pair'], { stateDir: ending.stateDir })
    await pair.says(/Waiting/)
    await ending.stop()
    expect(await pair.ended).toBe(1)
    expect(pair.stderr()).toMatch(/GATEWAY_UNREACHABLE/)
  })
})

it('a device that cannot be saved has not joined: its code stays good, and no path of the gateway is told', async () => {
  const [own, path] = [await startReachable(), (stateDir: string) => join(stateDir, 'devices.json')]
  const code = JSON.parse((await own.xopc(['pair', '--timeout', '0', '--json'])).stdout) as PairingCode
  const redeem = async () => await exchangeAt(own.url, secretIn(code.links?.app ?? ''))
  await writeFile(path(own.stateDir), 'garbage')
  const refused = await redeem()
  const told = await refused.text()
  expect([refused.status, JSON.parse(told)]).toMatchObject([503, { code: 'DEVICE_NOT_SAVED' }])
  expect(told).not.toContain(own.stateDir)
  expect((await own.xopc(['gateway', 'logs', '--json'])).stdout).toContain('DEVICES_BROKEN')
  await rm(path(own.stateDir))
  expect((await redeem()).status).toBe(200)
  expect((await redeem()).status).toBe(401)
})
