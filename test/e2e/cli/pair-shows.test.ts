import jsqr from 'jsqr'
import { beforeAll, expect, it } from 'vitest'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import { type AcmeServer, startAcme } from '../../support/acme.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startCaddy } from '../../support/proxy-programs.ts'
import { run } from '../../support/run.ts'
import { terminalPixels, themes } from '../../support/terminal-pixels.ts'
import { NAME } from '../proxy/house.ts'
import { startXopc } from './running.ts'

const terminal = { columns: 120, rows: 60 }

needsPeer(
  ['own-hosts', 'pebble', 'pebble-challtestsrv', 'caddy-2.11'],
  'xopc pair next to a Caddy front',
  (_, pebble, challtestsrv, caddy) => {
    let acme: AcmeServer
    let gateway: RunningGateway
    let url: string
    beforeAll(async () => {
      acme = await startAcme(pebble, challtestsrv)
      gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: acme.env })
      const template = await gateway.xopc(['proxy', 'template', 'caddy', '--domain', NAME])
      await startCaddy(caddy, { config: `{\n${acme.caddyGlobals}}\n${template.stdout}`, port: acme.httpsPort })
      await acme.issued(NAME)
      url = `https://${NAME}:${acme.httpsPort}`
    })

    /** What the phone does, with the only address that it was told. */
    async function exchange(baseUrl: string, secret: string): Promise<{ status: string; body: { code?: string; baseUrl?: string } }> {
      const body = JSON.stringify({ pairingSecret: secret, deviceName: 'Pixel', platform: 'android' })
      const ran = await run(
        [
          'curl',
          '-sS',
          '--cacert',
          acme.rootFile,
          '--resolve',
          `${new URL(baseUrl).host}:127.0.0.1`,
          '-w',
          '\n%{http_code}',
          '-H',
          'content-type: application/json',
          '-d',
          '@-',
          `${baseUrl}/api/tunnel/exchange-token`,
        ],
        { input: body },
      )
      const [text = '', status = ''] = ran.stdout.split('\n')
      return { status, body: JSON.parse(text) as { code?: string; baseUrl?: string } }
    }

    it('a scanner reads the https address first; it is exchanged once and not twice; the terminal says who joined', async () => {
      expect((await gateway.xopc(['proxy', 'set', url])).code).toBe(0)
      const pair = startXopc(['pair'], { stateDir: gateway.stateDir, terminal })
      await pair.says(/Waiting/)
      const { data, width, height } = terminalPixels(pair.stdout(), { columns: terminal.columns, theme: themes.dark })
      const scanned = jsqr.default(data, width, height)?.data ?? ''
      expect(scanned).toMatch(/^xopc:\/\/gateway\/mobile-connect\?v=2&sid=[\w-]+&baseUrl=https%3A/)
      const { baseUrl, secret } = readAppLink(scanned) ?? { baseUrl: '', secret: '' }
      expect(baseUrl).toBe(url)
      expect(await exchange(baseUrl, secret)).toMatchObject({ status: '200', body: { baseUrl: url } })
      expect(await exchange(baseUrl, secret)).toMatchObject({ status: '401', body: { code: 'PAIRING_INVALID' } })
      expect(await pair.ended).toBe(0)
      expect(pair.stdout()).toMatch(/“Pixel” \(android\) joined/)
    })
  },
)
