import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'smol-toml'
import { frpcArgs, frpcConfig, type FrpcFacts } from '../../src/lib/binaries/frpc-config.ts'
import { frpcEnvironment } from '../../src/lib/binaries/frpc-environment.ts'
import { type FrpcEvent, frpcEvent } from '../../src/lib/binaries/frpc-log.ts'
import type { Certificate } from './certs.ts'
import { atEnd, tempFolder } from './cleanup.ts'
import { freePort } from './ports.ts'
import { startProgram } from './program.ts'
import { start } from './run.ts'

/** What a frps asks before it does something, and is answered: null lets it, a text is the reason why not. */
export type FrpsPlugin = (op: string, content: Record<string, unknown>) => string | null

/** A frps on loopback whose names end in `.t.test`. */
export interface Frps {
  readonly pid: number
  readonly port: number
  /** Where visitors come, by http. */
  readonly vhostPort: number
  /** What the plugin was asked. */
  readonly asked: readonly { op: string; content: Record<string, unknown> }[]
  output(): string
  stop(): Promise<void>
}

/** How a frps is started. */
export interface FrpsOptions {
  certificate?: Certificate
  plugin?: FrpsPlugin
  /** Default: one that is free. */
  port?: number
  token?: string
}

/** Starts a real frps; it ends after the last test of the file. */
export async function startFrps(program: string, { certificate, plugin, port, token }: FrpsOptions = {}): Promise<Frps> {
  const asked: { op: string; content: Record<string, unknown> }[] = []
  const desk = await startPlugin((op, content) => {
    asked.push({ op, content })
    return plugin?.(op, content) ?? null
  })
  const [bindPort, vhostHTTPPort] = [port ?? (await freePort()), await freePort()]
  const path = join(await tempFolder(), 'frps.toml')
  const tls = certificate === undefined ? {} : { transport: { tls: { certFile: certificate.certFile, keyFile: certificate.keyFile } } }
  const ops = ['Login', 'NewProxy', 'CloseProxy', 'Ping', 'NewWorkConn']
  const settings = {
    bindAddr: '127.0.0.1',
    bindPort,
    proxyBindAddr: '127.0.0.1',
    vhostHTTPPort,
    subDomainHost: 't.test',
    ...(token === undefined ? {} : { auth: { token } }),
    log: { disablePrintColor: true },
    ...tls,
    httpPlugins: [{ name: 'test', addr: `127.0.0.1:${desk}`, path: '/', ops }],
  }
  await writeFile(path, stringify(settings))
  const places = [bindPort, vhostHTTPPort].map((each) => ({ host: '127.0.0.1', port: each }))
  const running = await startProgram([program, '-c', path], places, {})
  return { pid: running.pid, port: bindPort, vhostPort: vhostHTTPPort, asked, output: running.output, stop: running.stop }
}

/** A real frpc that runs. */
export interface RunningFrpc {
  readonly pid: number
  readonly configPath: string
  readonly lines: readonly string[]
  /** What its lines tell, so far. */
  events(): FrpcEvent[]
  /** Waits for an event of the kind, one after those that were waited for before. Throws all that it said where none comes. */
  event(kind: FrpcEvent['kind'], waitMs?: number): Promise<FrpcEvent>
  /** Its exit code, once it has ended; null where a signal ended it. */
  readonly exited: Promise<number | null>
  stop(): Promise<void>
}

/** Settings of a frpc for a frps on loopback without TLS. */
export async function frpcFacts(given: Partial<FrpcFacts> & { serverPort: number }): Promise<FrpcFacts> {
  const unixPath = given.unixPath ?? join(await tempFolder(), 'gw.sock')
  return {
    serverAddr: '127.0.0.1',
    token: 'token-of-a-test',
    proxyName: 'gw-test',
    subdomain: 'gwtest',
    tls: null,
    verbose: true,
    ...given,
    unixPath,
  }
}

/** Starts a real frpc as xopc does; it ends after the last test of the file. */
export async function startFrpc(program: string, facts: FrpcFacts, env: NodeJS.ProcessEnv = process.env): Promise<RunningFrpc> {
  const configPath = join(await tempFolder(), 'frpc.toml')
  await writeFile(configPath, frpcConfig(facts), { mode: 0o600 })
  const child = start([program, ...frpcArgs(configPath)], { env: frpcEnvironment(env), timeoutMs: 300_000 })
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const lines: string[] = []
  let changed = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    changed.resolve()
    changed = Promise.withResolvers()
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  atEnd(stop)
  let seen = 0
  const eventsIn = (some: readonly string[]) => some.map(frpcEvent).filter((event) => event !== null)
  return {
    pid: child.pid ?? 0,
    configPath,
    lines,
    events: () => eventsIn(lines),
    async event(kind, waitMs = 15_000) {
      const late = AbortSignal.timeout(waitMs)
      const over = new Promise<void>((resolve) => late.addEventListener('abort', () => resolve()))
      for (;;) {
        const at = lines.findIndex((line, index) => index >= seen && frpcEvent(line)?.kind === kind)
        const event = at === -1 ? null : frpcEvent(lines[at] ?? '')
        if (event !== null) {
          seen = at + 1
          return event
        }
        if (late.aborted) throw new Error(`frpc never said ${kind}:\n${lines.join('\n')}`)
        await Promise.race([changed.promise, over])
      }
    },
    exited,
    stop,
  }
}

/** Answers frps as our broker does (doc/server_plugin.md of frp); gives its port. */
async function startPlugin(judge: FrpsPlugin): Promise<number> {
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    request.on('end', () => {
      // `as`: what frps sends.
      const { op, content } = JSON.parse(text) as { op: string; content: Record<string, unknown> }
      const reason = judge(op, content)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(reason === null ? { reject: false, unchange: true } : { reject: true, reject_reason: reason }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(async () => server.close())
  // `as`: it listens on TCP.
  return (server.address() as AddressInfo).port
}
