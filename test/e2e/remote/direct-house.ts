import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import type { KnownGateway } from '../../../src/lib/state/known-gateways.ts'
import { doorTo } from '../../security/doors.ts'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import type { TestCa } from '../../support/certs.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { type ConfigTree, type RunningGateway, startGateway, xopc, type XopcOptions } from '../../support/gateway.ts'
import type { Names } from '../../support/hosts.ts'
import { freePort } from '../../support/ports.ts'
import { type LoggedRequest, type ProxyProgram, startCaddy } from '../../support/proxy-programs.ts'
import type { Ran } from '../../support/run.ts'

/** The name by which the gateway at home is reached; and one more that leads to this computer. */
export const [NAME, OTHER_NAME] = ['gateway.test', 'other.test']
/** As everybody in these tests finds them. */
export const hosts = { [NAME]: '127.0.0.1', [OTHER_NAME]: '127.0.0.1' }

/** A gateway behind a proxy that has its certificate. */
export interface Home {
  gateway: RunningGateway
  gatewayId: string
  caddy: ProxyProgram
  /** `https://gateway.test:<port>`, the `publicUrl`. */
  url: string
}

/** Starts Caddy on loopback and a gateway behind it. */
export async function openHome(caddy: string, ca: TestCa, gateway: ConfigTree = {}): Promise<Home> {
  const [port, to] = [await freePort(), await freePort()]
  const url = `https://${NAME}:${port}`
  // First, so that the gateway finds its own address in order.
  const program = await startCaddy(caddy, { config: await siteFor(ca, { port, to }), port })
  const running = await startGateway({ config: { gateway: { port: to, publicUrl: url, ...gateway } }, hosts, env: ca.env })
  return { gateway: running, gatewayId: await idOf(running), url, caddy: program }
}

/** The id of a gateway, as it says itself. */
export async function idOf(gateway: RunningGateway): Promise<string> {
  // `as`: what GET /api/status answers.
  return ((await (await gateway.fetch('/xopc/api/status')).json()) as { gatewayId: string }).gatewayId
}

/** A Caddyfile with one site, which passes everything on to a port of this computer. */
export async function siteFor(ca: TestCa, { port, to, name = NAME }: { port: number; to: number; name?: string }): Promise<string> {
  const { certFile, keyFile } = await ca.leaf([name])
  const globals = `{\nhttp_port ${await freePort()}\n}\n`
  return `${globals}${name}:${port} {\nbind 127.0.0.1\ntls ${certFile} ${keyFile}\nreverse_proxy 127.0.0.1:${to}\n}\n`
}

/** A computer from which somebody acts on a gateway elsewhere: a state folder of its own. */
export interface Laptop {
  stateDir: string
  xopc(args: readonly string[], options?: XopcOptions): Promise<Ran>
  /** The same with `--json`; gives what was printed, and the exit code. */
  json(args: readonly string[], options?: XopcOptions): Promise<{ code: number | null; reply: Reply; stderr: string }>
  /** `xopc.json` as text; null where there is none. */
  config(): Promise<string | null>
  /** The gateways it knows; empty where it has met none. */
  known(): Promise<KnownGateway[]>
  /** Lets it know one more. */
  knows(gateway: KnownGateway): Promise<void>
  /** Lets it know none at this place. */
  forgets(origin: string): Promise<void>
  /** Writes its configuration. */
  configure(text: string): Promise<void>
}

/** What a command printed: its reply, or an error. */
export interface Reply {
  [key: string]: unknown
  error?: { code: string; message: string; hint?: string }
}

/** A laptop that trusts the test's authority, and finds the names of these tests unless told otherwise. */
export async function createLaptop(ca: TestCa, env: NodeJS.ProcessEnv = {}, names: Names = { hosts }): Promise<Laptop> {
  const stateDir = await tempFolder()
  const path = (name: string): string => join(stateDir, name)
  const act = async (args: readonly string[], options: XopcOptions = {}): Promise<Ran> =>
    await xopc(args, { ...names, ...options, stateDir, env: { ...ca.env, ...env, ...options.env } })
  const known = async (): Promise<KnownGateway[]> => {
    if (!existsSync(path('known-gateways.json'))) return []
    // `as`: the form is held by the test of the file.
    return (JSON.parse(await readFile(path('known-gateways.json'), 'utf8')) as { gateways: KnownGateway[] }).gateways
  }
  const keep = async (gateways: readonly KnownGateway[]): Promise<void> =>
    await writeFile(path('known-gateways.json'), JSON.stringify({ gateways }), { mode: 0o600 })
  return {
    stateDir,
    xopc: act,
    async json(args, options) {
      const { code, stdout, stderr } = await act([...args, '--json'], options)
      // `as`: with --json an object or a list is printed, and the tests say what must be in it.
      return { code, stderr, reply: JSON.parse(stdout || JSON.stringify({ printed: stderr })) as Reply }
    },
    config: async () => (existsSync(path('xopc.json')) ? await readFile(path('xopc.json'), 'utf8') : null),
    known,
    knows: async (gateway) => await keep([...(await known()), gateway]),
    forgets: async (origin) => await keep((await known()).filter((each) => each.origin !== origin)),
    configure: async (text) => await writeFile(path('xopc.json'), text, { mode: 0o600 }),
  }
}

/** A device that joined the gateway as an app does; gives its token. Throws what was answered where it could not. */
export async function joinDevice(gateway: RunningGateway): Promise<string> {
  const headers = { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' }
  const minted: unknown = await (await gateway.fetch('/xopc/api/pair', { method: 'POST', headers, body: '{}' })).json()
  // `as`: a code, or what is said in its place, which the exchange shows.
  return await exchange(gateway, (minted as { links?: { app: string } }).links?.app ?? JSON.stringify(minted))
}

/** Brings a pairing link to the gateway, as an app does; gives the token. Throws what was answered where there is none. */
export async function exchange(gateway: RunningGateway, link: string): Promise<string> {
  const body = JSON.stringify({ pairingSecret: readAppLink(link)?.secret, deviceName: 'Laptop', platform: 'linux' })
  const headers = { 'content-type': 'application/json' }
  const told: unknown = await (await gateway.fetch('/xopc/api/tunnel/exchange-token', { method: 'POST', headers, body })).json()
  if (typeof told === 'object' && told !== null && 'token' in told) return String(told.token)
  throw new Error(`it could not join by ${link}: ${JSON.stringify(told)}`)
}

/** What came through a proxy from `from` on, without what gateways send themselves to see whether their address works. */
export async function heardBy(proxy: ProxyProgram, from = 0): Promise<LoggedRequest[]> {
  return (await proxy.requests()).slice(from).filter(({ agent }) => agent !== 'xopc-probe')
}

/** Signs in at the gateway as a page of this origin does: from then on the gateway knows the origin as its own. Throws where it was refused. */
export async function signInAt(gateway: RunningGateway, origin: string): Promise<void> {
  const door = doorTo({ host: '127.0.0.1', port: gateway.port }, new URL(origin).host)
  const body = JSON.stringify({ token: gateway.token })
  const { status, body: said } = await door.ask('POST /xopc/api/session', [`Origin: ${origin}`, 'Content-Type: application/json'], { body })
  if (status !== 200) throw new Error(`not signed in at ${origin}: ${status} ${said}`)
}
