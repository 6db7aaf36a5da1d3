import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { anotherTab, startBrowser } from '../e2e/page/house.ts'
import type { Device } from '../../src/lib/protocol/pairing-api.ts'
import { createTestCa } from '../support/certs.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { onRequests } from '../support/misbehaving.ts'
import { freePort } from '../support/ports.ts'
import { startCaddy } from '../support/proxy-programs.ts'

const NAME = 'home.example.com'

/** What the app shows at its paths; a body starting with `<` is a page, else a script. */
export type AppFiles = Readonly<Record<string, string>>

/** A request as the hostile app got it. */
export interface Received {
  method: string
  path: string
  headers: string
  body: string
}

/** Two tenants of one https address: a gateway, and a hostile app behind it. */
export interface Tenants {
  gateway: RunningGateway
  browser: Browser
  /** `https://<name>:<port>`, where Caddy leads to the gateway. */
  url: string
  /** Everything that the app was sent so far, oldest first; what its scripts bring home is `POST /loot`. */
  received(): readonly Received[]
  /** The bodies of `POST /loot`. */
  loot(): string[]
  /** A new pairing code by the owner; the link is for browsers. */
  mint(): Promise<{ id: string; link: string; secret: string; appSecret: string }>
  /** A person's browser without anything from before. */
  person(): Promise<BrowserContext>
  /** Opens the link and presses Join; resolves on the app's page. */
  joinBy(context: BrowserContext, link: string): Promise<Page>
  /** Everything that is paired, as the owner sees it. */
  devices(): Promise<Device[]>
  /** What the gateway keeps: configuration and devices, byte by byte (without when and from where a device was last here). */
  kept(): Promise<string>
}

/** Opens the house: the app's files are served with these headers besides. Needs the peers chromium, caddy and own-hosts. */
export async function openTenants(
  chromium: string,
  caddy: string,
  files: AppFiles,
  headers: Record<string, string> = {},
): Promise<Tenants> {
  const received: Received[] = []
  const app = await onRequests({}, () => (req, res) => {
    void bodyOf(req).then((body) => {
      const { method = '', url: path = '' } = req
      received.push({ method, path, headers: req.rawHeaders.join('\n'), body })
      const file = files[path.split('?')[0] ?? '']
      const type = file?.startsWith('<') === true ? 'text/html' : 'text/javascript'
      res.writeHead(file === undefined ? 404 : 200, { 'content-type': type, ...headers }).end(file)
    })
  })
  const [ca, port] = [await createTestCa(), await freePort()]
  const { certFile, keyFile } = await ca.leaf([NAME])
  const url = `https://${NAME}:${port}`
  const config = { gateway: { upstream: { url: app.url }, publicUrl: url } }
  const gateway = await startGateway({ env: ca.env, hosts: { [NAME]: '127.0.0.1' }, config })
  await startCaddy(caddy, { config: `${url} {\n tls ${certFile} ${keyFile}\n reverse_proxy 127.0.0.1:${gateway.port}\n}\n`, port })
  const browser = await startBrowser(chromium, [
    `--host-resolver-rules=MAP ${NAME} 127.0.0.1`,
    // Chromium runs no service worker over a certificate that it only looked away from; this one it trusts.
    `--ignore-certificate-errors-spki-list=${await spkiOf(certFile)}`,
  ])
  return {
    gateway,
    browser,
    url,
    received: () => received,
    loot: () => received.filter(({ method, path }) => method === 'POST' && path === '/loot').map(({ body }) => body),
    mint: () => mint(gateway, url),
    person: () => browser.newContext({ viewport: { width: 800, height: 700 } }),
    joinBy: (context, link) => joinBy(context, link, url),
    // `as`: what GET /api/devices answers.
    devices: async () => (await (await gateway.fetch('/xopc/api/devices')).json()) as Device[],
    kept: () => kept(gateway),
  }
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of req.setEncoding('utf8')) text += String(chunk)
  return text
}

/** Digest of the public key of the first certificate in a file, as Chromium's flag takes it. */
async function spkiOf(certFile: string): Promise<string> {
  const { publicKey } = new X509Certificate(await readFile(certFile))
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
}

async function mint(gateway: RunningGateway, baseUrl: string): ReturnType<Tenants['mint']> {
  const headers = { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' }
  const reply = await gateway.fetch('/xopc/api/pair', { method: 'POST', headers, body: JSON.stringify({ baseUrl }) })
  // `as`: what POST /api/pair answers.
  const { id, links } = (await reply.json()) as { id: string; links: { app: string; browser: string } }
  return {
    id,
    link: links.browser,
    secret: links.browser.split('#ps=')[1] ?? '',
    appSecret: new URL(links.app).searchParams.get('ps') ?? '',
  }
}

/** A busy computer takes its time. */
const patience = { timeout: 15_000 }

async function joinBy(context: BrowserContext, link: string, url: string): Promise<Page> {
  const { page, said } = await anotherTab(context, link)
  const join = page.getByRole('button', { name: 'Join' })
  // What is there instead tells more than that the button is not.
  const text = async (): Promise<string> => `${page.url()} ${said.join()} ${await page.locator('body').innerText()}`
  await expect.poll(async () => ((await join.isVisible()) ? 'Join' : await text()), patience).toBe('Join')
  await join.click()
  await page.waitForURL(`${url}/`)
  await expect.poll(() => page.title(), patience).toBe('the app')
  return page
}

/** Goes somewhere, again where the network of this computer changed meanwhile: other tests make and take away network interfaces. */
export async function visit(page: Page, url: string, attempts = 5): Promise<void> {
  try {
    await page.goto(url)
  } catch (error) {
    if (attempts === 1 || !(error instanceof Error && error.message.includes('ERR_NETWORK_CHANGED'))) throw error
    await visit(page, url, attempts - 1)
  }
}

async function kept({ stateDir }: RunningGateway): Promise<string> {
  const [config = '', devices = ''] = await Promise.all(['xopc.json', 'devices.json'].map((name) => readFile(join(stateDir, name), 'utf8')))
  return config + JSON.stringify(JSON.parse(devices), (name, value: unknown) => (/^(last|networks)/.test(name) ? undefined : value))
}
