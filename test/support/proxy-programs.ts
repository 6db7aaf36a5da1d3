import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from './cleanup.ts'
import type { Argv } from './hosts.ts'
import { freePort } from './ports.ts'
import { startProgram } from './program.ts'
import { run } from './run.ts'

/** A request as the proxy itself logged it, when it was over. */
export interface LoggedRequest {
  method: string
  /** With its query, as it was sent. */
  path: string
  host: string
  /** 499 where nginx's client went away, 0 where Caddy's did. */
  status: number
  agent: string
  /** Whether it brought `Authorization`. */
  authorized: boolean
  /** `websocket` of a handshake, else empty. */
  upgrade: string
}

/** A reverse proxy, running in a process of its own. */
export interface ProxyProgram {
  readonly pid: number
  /** Its access log so far, oldest first. A line is written when its request is over, which may be after the client saw the end. */
  requests(): Promise<LoggedRequest[]>
  /** What it printed since it was started last. */
  output(): string
  /** Ends it at once; nothing listens afterwards. Twice equals once. */
  stop(): Promise<void>
  /** Starts it anew, with another configuration if given, and waits for the port. The access log goes on. */
  restart(config?: string): Promise<void>
}

/** What a proxy is started with. */
export interface ProxyOptions {
  /** nginx: what is in its `http { … }`, as in sites-enabled; Caddy: the Caddyfile. A listener without an address is put on loopback. */
  config: string
  /** Waits until this port answers. */
  port: number
  /** Default 127.0.0.1. */
  host?: string
}

/** Starts nginx with this configuration. Ends after the last test of the file. Throws what it printed when it does not listen in 15 s. */
export async function startNginx(nginx: string, options: ProxyOptions): Promise<ProxyProgram> {
  const home = await tempFolder()
  return running(home, options, async (config, log) => {
    const file = join(home, 'nginx.conf')
    await writeFile(file, nginxFile(home, config, log))
    return [nginx, '-p', home, '-c', file]
  })
}

/** Starts Caddy with this configuration. Ends after the last test of the file. Throws what it printed when it does not listen in 15 s. */
export async function startCaddy(caddy: string, options: ProxyOptions): Promise<ProxyProgram> {
  const home = await tempFolder()
  return running(home, options, async (config, log) => {
    const files = { caddyfile: join(home, 'Caddyfile'), json: join(home, 'caddy.json') }
    await writeFile(files.caddyfile, config)
    const adapted = await run([caddy, 'adapt', '--config', files.caddyfile, '--adapter', 'caddyfile'], {
      env: environment(home),
    })
    if (adapted.code !== 0) throw new Error(`Caddy does not take this: ${adapted.stderr}`)
    await writeFile(files.json, JSON.stringify(await caddyConfig(adapted.stdout, log)))
    return [caddy, 'run', '--config', files.json]
  })
}

type Prepare = (config: string, log: string) => Promise<Argv>

async function running(home: string, options: ProxyOptions, prepare: Prepare): Promise<ProxyProgram> {
  const log = join(home, 'access.log')
  const place = { host: options.host ?? '127.0.0.1', port: options.port }
  const begin = async () => startProgram(await prepare(config, log), [place], environment(home))
  let { config } = options
  let program = await begin()
  return {
    get pid() {
      return program.pid
    },
    requests: async () => (existsSync(log) ? requestsIn(await readFile(log, 'utf8')) : []),
    output: () => program.output(),
    stop: () => program.stop(),
    async restart(next = config) {
      await program.stop()
      config = next
      program = await begin()
    },
  }
}

function environment(home: string): NodeJS.ProcessEnv {
  return { HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home }
}

/** In one process: a worker is nobody's child here, and would outlive a test that is killed. */
function nginxFile(home: string, config: string, log: string): string {
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${home}/${name};`)
  const line = `{"method":"$request_method","path":"$request_uri","host":"$http_host","status":$status,"agent":"$http_user_agent","authorized":$xopc_authorized,"upgrade":"$http_upgrade"}`
  return `
    daemon off; master_process off; pid ${home}/nginx.pid; error_log stderr;
    events { worker_connections 256; }
    http {
      map $http_authorization $xopc_authorized { "" false; default true; }
      log_format xopc escape=json '${line}';
      access_log ${log} xopc;
      ${temps.join(' ')}
      ${config.replaceAll(/\blisten\s+(\d+)(?=[\s;])/g, 'listen 127.0.0.1:$1').replaceAll('listen [::]:', 'listen [::1]:')}
    }`
}

interface CaddyConfig {
  admin?: unknown
  logging?: { logs?: Record<string, unknown> }
  apps: {
    http: { http_port?: number; servers: Record<string, { listen: string[]; logs?: unknown }> }
    pki?: unknown
  }
}

/** The Caddyfile as Caddy reads it, on loopback, with an access log, and without what would leave its folder. */
async function caddyConfig(adapted: string, log: string): Promise<CaddyConfig> {
  // `as`: what `caddy adapt` prints for a Caddyfile with a site.
  const config = JSON.parse(adapted) as CaddyConfig
  const { http } = config.apps
  http.http_port ??= await freePort() // where it redirects to https; 80 unless told
  for (const server of Object.values(http.servers)) {
    server.listen = server.listen.map((address) => (address.startsWith(':') ? `127.0.0.1${address}` : address))
    server.logs ??= {}
  }
  return {
    ...config,
    admin: { disabled: true, config: { persist: false } },
    logging: { logs: { ...config.logging?.logs, requests: { writer: { output: 'file', filename: log }, include: ['http.log.access'] } } },
    apps: { ...config.apps, pki: { certificate_authorities: { local: { install_trust: false } } } },
  }
}

interface CaddyLine {
  request: { method: string; uri: string; host: string; headers: Record<string, string[]> }
  status: number
}

/** The last line may still be growing. */
function requestsIn(log: string): LoggedRequest[] {
  // `as`: our own format of nginx, or Caddy's.
  const lines = log
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LoggedRequest | CaddyLine)
  return lines.map((line) => ('request' in line ? fromCaddy(line) : line))
}

function fromCaddy({ request: { method, uri, host, headers }, status }: CaddyLine): LoggedRequest {
  const first = (name: string) => headers[name]?.[0] ?? ''
  return { method, path: uri, host, status, agent: first('User-Agent'), authorized: 'Authorization' in headers, upgrade: first('Upgrade') }
}
