import { existsSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestCa } from '../../support/certs.ts'
import { type Computers, type Furniture, writeScript } from './computers.ts'

/** A proxy as a package of Debian leaves it: it runs, and waits for configurations and for `systemctl reload`. */
export type WebServer = 'nginx' | 'caddy'

const name = 'gateway.example.com'

/** Starts it at home. Its certificates are good there and on the other device. Throws when it does not come up. */
export async function startWebServer(computers: Computers, server: WebServer): Promise<void> {
  const { bin } = computers.furniture
  // systemd does not run here. This is what the units of both packages do at a reload.
  await writeScript(bin, 'systemctl', `[ "$*" = "reload ${server}" ] && exec ${reloads[server]}`)
  trust(computers.furniture, await starts[server](computers))
}

const reloads: Record<WebServer, string> = {
  nginx: 'nginx -s reload',
  caddy: 'caddy reload --config /etc/caddy/Caddyfile --force',
}

/** Each gives the file of the authority that its certificates lead to. */
const starts: Record<WebServer, (computers: Computers) => Promise<string>> = {
  async nginx({ furniture, run }) {
    const ca = await createTestCa()
    const { certFile, keyFile } = await ca.leaf([name])
    const live = join(furniture.etc, 'letsencrypt/live', name)
    await put(certFile, join(live, 'fullchain.pem'))
    await put(keyFile, join(live, 'privkey.pem'))
    await mkdir(join(furniture.etc, 'nginx/conf.d'), { recursive: true })
    await writeFile(join(furniture.etc, 'nginx/nginx.conf'), nginxFile)
    const { code, stderr } = await run('home', 'nginx')
    if (code !== 0) throw new Error(`nginx did not start: ${stderr}`)
    return ca.caFile
  },
  async caddy({ furniture, start }) {
    await mkdir(join(furniture.etc, 'caddy'), { recursive: true })
    // Certificates of its own in place of Let’s Encrypt’s, which is not to be had here.
    await writeFile(join(furniture.etc, 'caddy/Caddyfile'), '{\n\tlocal_certs\n\tskip_install_trust\n\tpki {\n\t\tca local\n\t}\n}\n\n')
    const ca = join(furniture.env['HOME'] ?? '', '.local/share/caddy/pki/authorities/local/root.crt')
    const child = start('home', 'exec caddy run --config /etc/caddy/Caddyfile')
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    for (const until = Date.now() + 15_000; !existsSync(ca) || !said.includes('serving initial configuration'); await sleep(25)) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`Caddy did not start: ${said}`)
    }
    return ca
  },
}

/** In the user's terminals and in the gateway alike, as a public authority would be. */
function trust({ env }: Furniture, authority: string): void {
  env['NODE_EXTRA_CA_CERTS'] = authority
  env['CURL_CA_BUNDLE'] = authority
}

async function put(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, to)
}

/** As Debian's, but with everything that it writes in /run. */
const nginxFile = `
user www-data; worker_processes 1; pid /run/nginx.pid; error_log /run/nginx-error.log;
events { worker_connections 256; }
http {
  access_log /run/nginx-access.log;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path /run/nginx-${each};`).join(' ')}
  include /etc/nginx/conf.d/*.conf;
}
`
