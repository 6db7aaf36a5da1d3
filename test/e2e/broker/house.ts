import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import { readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerDiscovery, Registration } from '../../../src/lib/protocol/broker-api.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { root } from '../../support/build.ts'
import { start } from '../../support/run.ts'

/** A program that goes on, and what it printed so far. */
export interface Going {
  readonly pid: number
  output(): string
  /** Resolves with the first match in what it printed after `from` characters. Throws all of it where there is none in 20 s. */
  says(wanted: RegExp, from?: number): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<number | null>
}

/** A broker of the built program. */
export interface RunningBroker extends Going {
  readonly url: string
  readonly pattern: string
  readonly stateDir: string
  discovery(): Promise<BrokerDiscovery>
}

const patienceMs = 20_000

/** Starts a program that ends with the test file. */
export function going(argv: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Going {
  const child = start(argv, { env: { PATH: process.env['PATH'], ...env }, timeoutMs: 300_000 })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  atEnd(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid ?? 0,
    output: () => printed,
    async says(wanted, from = 0) {
      for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(20)) {
        const match = wanted.exec(printed.slice(from))
        if (match) return match
      }
      throw new Error(`${String(wanted)} did not come:\n${printed}`)
    },
    kill: (signal) => void child.kill(signal),
    ended,
  }
}

/** Runs `xopc broker start` and waits until gateways can come. `prefix`: what the command line begins with, to run in another network. */
export async function startBroker(
  frps: string,
  { stateDir, args = ['--dev', '--port', '0'], prefix = [] }: { stateDir?: string; args?: string[]; prefix?: readonly string[] } = {},
): Promise<RunningBroker> {
  const dir = stateDir ?? (await tempFolder())
  const [program, ...rest] = [...prefix, process.execPath, join(root, 'bin/run.js'), 'broker', 'start', ...args, '--json']
  const broker = going([program, ...rest], { HOME: dir, XOPC_STATE_DIR: dir, XOPC_FRPS_PATH: frps })
  const [line] = await broker.says(/^\{.*\}\n/)
  const { brokerUrl: url, publicUrlPattern: pattern } = JSON.parse(line) as { brokerUrl: string; publicUrlPattern: string }
  const discovery = async () => (await (await fetch(new URL('/.well-known/tunnel-config', url))).json()) as BrokerDiscovery
  return { ...broker, url, pattern, stateDir: dir, discovery }
}

/** The pid of the frps that a broker runs. Throws where it runs none. */
export async function frpsOf({ pid }: Pick<RunningBroker, 'pid'>, frps: string): Promise<number> {
  const found = await descendant(pid, frps)
  if (found === null) throw new Error(`${pid} runs no ${frps}`)
  return found
}

async function descendant(pid: number, program: string): Promise<number | null> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number)
  for (const child of children) {
    const [first] = (await readFile(`/proc/${child}/cmdline`, 'utf8')).split('\0')
    const found = first === program ? child : await descendant(child, program)
    if (found !== null) return found
  }
  return null
}

/** Runs an frpc with the lease, and whatever else is written into its configuration. `proxy: null` leaves our proxy out, `heartbeatS: -1` the heartbeats. */
export async function startFrpc(
  frpc: string,
  lease: Registration,
  discovery: BrokerDiscovery,
  over: { localPort: number; head?: string; proxy?: string | null; after?: string; heartbeatS?: number },
): Promise<Going> {
  const folder = await tempFolder()
  const { serverAddr, serverPort, authToken, proxyName, subdomain } = lease.frpc
  await writeFile(join(folder, 'ca.pem'), discovery.caPem ?? '')
  const head = `serverAddr = "${serverAddr}"
serverPort = ${serverPort}
loginFailExit = false
log.disablePrintColor = true
transport.heartbeatInterval = ${over.heartbeatS ?? 5}
transport.tls.trustedCaFile = "${join(folder, 'ca.pem')}"
${over.head ?? `metadatas.token = "${authToken}"`}
`
  const own = `[[proxies]]
name = "${proxyName}"
type = "http"
subdomain = "${subdomain}"
localPort = ${over.localPort}
${over.after ?? ''}
`
  await writeFile(join(folder, 'frpc.toml'), head + (over.proxy === undefined ? own : (over.proxy ?? '')))
  return going([frpc, '-c', join(folder, 'frpc.toml')], {})
}

/** A small app: says hello with what it was asked; `/slow` sends a piece every 50 ms for ever. */
export async function startApp(): Promise<{ port: number }> {
  const server: Server = createServer((req, res) => {
    if (req.url !== '/slow') return void res.end(`hello ${req.headers.host}`)
    const timer = setInterval(() => res.write('x'.repeat(1000)), 50)
    res.once('close', () => clearInterval(timer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port }
}

/** Asks a public address; `*.localhost` is this computer (RFC 6761). */
export async function visit(url: string, path = '/'): Promise<{ status: number; text: string }> {
  const reply = await open(url, path)
  let text = ''
  for await (const piece of reply.setEncoding('utf8')) text += String(piece)
  return { status: reply.statusCode ?? 0, text }
}

/** The same, before the body was read. */
export async function open(url: string, path: string): Promise<IncomingMessage> {
  const { host, port } = new URL(url)
  return await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers: { host }, agent: false }, resolve).once('error', reject)
  })
}

/** Asks until the app answers there; for what has just been started. */
export async function untilServed(url: string): Promise<string> {
  for (const until = Date.now() + patienceMs; ; await sleep(50)) {
    const { status, text } = await visit(url).catch(() => ({ status: 0, text: '' }))
    if (status === 200) return text
    if (Date.now() > until) throw new Error(`${url} answers ${status}: ${text}`)
  }
}
