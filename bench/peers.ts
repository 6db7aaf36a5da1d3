import { spawnSync } from 'node:child_process'
import { accessSync, constants, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { freePort, type Program } from './servers.ts'

/** A program that xopc is measured against or with. */
export interface Peer {
  path: string
  /** `nginx 1.22.1`. */
  label: string
}

const versionFlags: Record<string, string[]> = {
  nginx: ['-v'],
  curl: ['--version'],
  caddy: ['version'],
  'caddy-2.11': ['version'],
  wrk: ['-v'],
}

/** The program from PATH or from the folder that `test/peers/install` fills; null where it is in neither. */
export function findPeer(name: string): Peer | null {
  const path = folders()
    .map((folder) => join(folder, name))
    .find(isExecutable)
  if (path === undefined) return null
  const { stdout, stderr } = spawnSync(path, versionFlags[name] ?? ['--version'], { encoding: 'utf8', timeout: 10_000 })
  const version = /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? 'of unknown version'
  return { path, label: `${name.replace(/-.*/, '')} ${version}` }
}

function folders(): string[] {
  const { PATH = '', XOPC_PEERS, XDG_CACHE_HOME } = process.env
  const cache = XOPC_PEERS || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'xopc-peers')
  return [...PATH.split(':'), '/usr/sbin', join(cache, 'bin')].filter((folder) => folder !== '')
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}

/** nginx that answers every request with this body, on one core. */
export async function nginxStatic(peer: Peer, folder: string, core: number, body: string): Promise<Program & { origin: string }> {
  const answer = `default_type application/json; return 200 '${body}';`
  return nginx(peer, folder, core, 'upstream', { location: answer, beside: '' })
}

/** nginx as a reverse proxy that keeps its connections to the upstream, on one core. */
export async function nginxProxy(peer: Peer, folder: string, core: number, upstream: string): Promise<Program & { origin: string }> {
  return nginx(peer, folder, core, 'nginx', {
    location: 'proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;',
    beside: `upstream up { server ${new URL(upstream).host}; keepalive 128; keepalive_requests 100000000; }`,
  })
}

/** nginx that serves the files of a folder. */
export async function nginxFiles(peer: Peer, folder: string, files: string): Promise<Program & { origin: string }> {
  return nginx(peer, folder, undefined, 'files', { location: `root ${files}; sendfile on;`, beside: '' })
}

/** nginx in front of a gateway, with every line that the staged test asks for. */
export async function nginxFront(peer: Peer, folder: string, gateway: string): Promise<Program & { origin: string }> {
  const headers = ['Host $http_host', 'X-Forwarded-For $remote_addr', 'X-Forwarded-Proto $scheme', 'X-Forwarded-Host $http_host']
  const upgrade = ['Upgrade $http_upgrade', 'Connection $connection_upgrade']
  const set = [...headers, ...upgrade].map((header) => `proxy_set_header ${header};`).join(' ')
  return nginx(peer, folder, undefined, 'front', {
    location: `proxy_pass ${gateway}; proxy_http_version 1.1; proxy_buffering off; ${set}`,
    beside: "map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
  })
}

async function nginx(peer: Peer, folder: string, core: number | undefined, name: string, parts: { location: string; beside: string }) {
  const port = await freePort()
  const config = join(folder, `${name}.conf`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${name}-${kind};`)
  writeFileSync(
    config,
    `daemon off; master_process off; worker_processes 1; pid ${folder}/${name}.pid; error_log ${folder}/${name}.error.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000; ${temporary.join(' ')}
  ${parts.beside}
  server { listen 127.0.0.1:${port}; location / { ${parts.location} } }
}
`,
  )
  const origin = `http://127.0.0.1:${port}`
  const args = ['-p', folder, '-c', config, '-e', join(folder, `${name}.error.log`)]
  return { name, command: peer.path, args, core, readyUrl: `${origin}/`, origin }
}

/** Caddy as a reverse proxy, on one core and told so. */
export async function caddyProxy(peer: Peer, folder: string, core: number, upstream: string): Promise<Program & { origin: string }> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const name = peer.label.replace(' ', '-')
  const config = join(folder, `${name}.Caddyfile`)
  writeFileSync(config, `{\n  admin off\n}\n${origin} {\n  reverse_proxy ${new URL(upstream).host}\n}\n`)
  const env = { ...process.env, GOMAXPROCS: '1', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  return {
    name,
    command: peer.path,
    args: ['run', '--adapter', 'caddyfile', '--config', config],
    env,
    core,
    readyUrl: `${origin}/`,
    origin,
  }
}
