import { freePort } from '../support/ports.ts'
import { startCaddy as startCaddyWith, startNginx as startNginxWith } from '../support/proxy-programs.ts'
import { type Door, doorTo } from './doors.ts'

/** Where a proxy finds the gateway: a port of 127.0.0.1, or `address:port`. */
type Behind = number | string

/** Starts nginx on loopback in front of a gateway; `lines` go into its `location /`. Gives the door that its visitors use. */
export async function startNginx(nginx: string, gateway: Behind, lines: readonly string[] = []): Promise<Door> {
  const port = await freePort()
  const config = `
    underscores_in_headers on;
    server { listen ${port}; location / { proxy_pass http://${addressOf(gateway)}; ${lines.join(' ')} } }`
  await startNginxWith(nginx, { config, port })
  return doorOf(port)
}

/** What nginx's manual and most guides set. */
export const nginxForwarding = [
  'proxy_set_header Host $host:$server_port;',
  'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
]

/** The same with what passes the name on, which is how a proxy is set up for a gateway. */
export const nginxForwardingHost = ['proxy_set_header Host $http_host;', ...nginxForwarding.slice(1)]

/** Starts Caddy on loopback with the shortest configuration there is: `reverse_proxy 127.0.0.1:<port>`, and `lines` in it. */
export async function startCaddy(caddy: string, gateway: Behind, lines: readonly string[] = []): Promise<Door> {
  const port = await freePort()
  const more = lines.length === 0 ? '' : ` {\n${lines.join('\n')}\n}`
  const config = `http://:${port} {\n  reverse_proxy ${addressOf(gateway)}${more}\n}\n`
  await startCaddyWith(caddy, { config, port })
  return doorOf(port)
}

/** Lines for Caddy that leave nothing of a proxy in the request. */
export const caddyStripping = ['header_up -X-Forwarded-*', 'header_up -Via', 'header_up Host {upstream_hostport}']

/** Programs for `realProxies`, as `needsPeer` takes them. */
export const proxyPeers = ['nginx', 'caddy', 'caddy-2.11'] as const

/** Starts every real proxy in front of a gateway, as guides set them up: the visitor’s name and address are passed on. Give the paths of `proxyPeers`. */
export async function startProxies(
  [nginx = '', caddy = '', caddyNew = '']: readonly string[],
  gateway: Behind,
): Promise<Record<ProxyName, Door>> {
  return {
    nginx: await startNginx(nginx, gateway, nginxForwardingHost),
    'Caddy 2.6': await startCaddy(caddy, gateway),
    'Caddy 2.11': await startCaddy(caddyNew, gateway),
  }
}

/** The doors of `startProxies`. */
export const proxyNames = ['nginx', 'Caddy 2.6', 'Caddy 2.11'] as const
type ProxyName = (typeof proxyNames)[number]

function addressOf(gateway: Behind): string {
  return typeof gateway === 'number' ? `127.0.0.1:${gateway}` : gateway
}

function doorOf(port: number): Door {
  return doorTo({ host: '127.0.0.1', port }, `127.0.0.1:${port}`)
}
