import { freePort } from '../support/ports.ts'
import { startCaddy as startCaddyWith, startNginx as startNginxWith } from '../support/proxy-programs.ts'
import { type Door, doorTo } from './doors.ts'

/** Starts nginx on loopback in front of a gateway; `lines` go into its `location /`. Gives the door that its visitors use. */
export async function startNginx(nginx: string, gatewayPort: number, lines: readonly string[] = []): Promise<Door> {
  const port = await freePort()
  const config = `
    underscores_in_headers on;
    server { listen ${port}; location / { proxy_pass http://127.0.0.1:${gatewayPort}; ${lines.join(' ')} } }`
  await startNginxWith(nginx, { config, port })
  return doorOf(port)
}

/** What nginx's manual and most guides set. */
export const nginxForwarding = [
  'proxy_set_header Host $host:$server_port;',
  'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
]

/** Starts Caddy on loopback with the shortest configuration there is: `reverse_proxy 127.0.0.1:<port>`, and `lines` in it. */
export async function startCaddy(caddy: string, gatewayPort: number, lines: readonly string[] = []): Promise<Door> {
  const port = await freePort()
  const more = lines.length === 0 ? '' : ` {\n${lines.join('\n')}\n}`
  const config = `http://:${port} {\n  reverse_proxy 127.0.0.1:${gatewayPort}${more}\n}\n`
  await startCaddyWith(caddy, { config, port })
  return doorOf(port)
}

function doorOf(port: number): Door {
  return doorTo({ host: '127.0.0.1', port }, `127.0.0.1:${port}`)
}
