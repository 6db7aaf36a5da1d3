import { writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atEnd, tempFolder } from '../support/cleanup.ts'
import { start } from '../support/run.ts'
import { type Door, doorTo } from './doors.ts'

/** Starts nginx on loopback in front of a gateway; `lines` go into its `location /`. Gives the door that its visitors use. */
export async function startNginx(nginx: string, gatewayPort: number, lines: readonly string[] = []): Promise<Door> {
  const folder = await tempFolder()
  const port = await freePort()
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`)
  const text = `
    daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr; worker_processes 1;
    events { worker_connections 64; }
    http {
      access_log off; underscores_in_headers on; ${temps.join(' ')}
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://127.0.0.1:${gatewayPort}; ${lines.join(' ')} }
      }
    }`
  const config = join(folder, 'nginx.conf')
  await writeFile(config, text)
  return running([nginx, '-p', folder, '-c', config], port, folder)
}

/** What nginx's manual and most guides set. */
export const nginxForwarding = [
  'proxy_set_header Host $host:$server_port;',
  'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
]

/** Starts Caddy on loopback with the shortest configuration there is: `reverse_proxy 127.0.0.1:<port>`, and `lines` in it. */
export async function startCaddy(caddy: string, gatewayPort: number, lines: readonly string[] = []): Promise<Door> {
  const folder = await tempFolder()
  const port = await freePort()
  const body = [
    'reverse_proxy',
    `127.0.0.1:${gatewayPort}`,
    ...(lines.length === 0 ? [] : ['{', '\n', ...lines.map((line) => `${line}\n`), '}']),
  ]
  const text = `{\n  admin off\n  auto_https off\n}\nhttp://:${port} {\n  bind 127.0.0.1\n  ${body.join(' ')}\n}\n`
  const config = join(folder, 'Caddyfile')
  await writeFile(config, text)
  return running([caddy, 'run', '--config', config, '--adapter', 'caddyfile'], port, folder)
}

async function running(argv: readonly [string, ...string[]], port: number, home: string): Promise<Door> {
  const child = start(argv, {
    timeoutMs: 300_000,
    env: { PATH: process.env['PATH'], HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home },
  })
  const gone = new Promise((resolve) => child.once('close', resolve))
  atEnd(async () => {
    child.kill('SIGKILL')
    await gone
    if (await answers(port)) throw new Error(`${argv[0]} left something that still listens on ${port}`)
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  for (const end = Date.now() + 15_000; !(await answers(port)); await sleep(25)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`${argv[0]} does not listen: ${output}`)
  }
  return doorTo({ host: '127.0.0.1', port }, `127.0.0.1:${port}`)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false))
  })
}

/** Neither program can be asked to take any free port. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const at = server.address()
      server.close(() => resolve(typeof at === 'object' && at !== null ? at.port : 0))
    })
  })
}
