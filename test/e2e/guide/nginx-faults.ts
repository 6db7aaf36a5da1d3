import type { StageName } from '../../../src/lib/protocol/http-api.ts'

/** How our template for nginx is changed so that a row of the page comes about. In what is put, CAPITALS stand for what a test has. */
export interface NginxFault {
  /** Of the row. */
  sees: string
  stage: StageName
  /** Lines of the template that go. */
  takes?: readonly string[]
  /** What comes into `location /` for it. */
  puts?: string
  /** Where `puts` and the row's lines belong, if not into `location /`. */
  into?: 'server'
  /** What comes into the server block, and stays there when the row's lines are written. */
  stays?: string
  /** What is needed beside the row's lines. */
  besides?: string
  /** The row has no line for nginx, or what it has is no cure of this one. */
  incurable?: true
  /** It works, and is warned of. */
  warns?: true
  idle?: number
}

const passes = 'proxy_pass http://127.0.0.1:18790;'
const certificate = 'ssl_certificate     /etc/letsencrypt/live/gateway.example.com/fullchain.pem;'
const page = 'default_type text/html; return 200 "<h1>It works</h1>";'
const caching =
  'proxy_cache guide; proxy_cache_key $request_uri; proxy_ignore_headers Cache-Control Expires Vary; proxy_cache_valid any 1m;'

/** Each is a row that nginx can be blamed for. */
export const nginxFaults: readonly NginxFault[] = [
  { sees: 'the connection breaks off', stage: 'http', takes: [passes], puts: 'return 444;', incurable: true },
  {
    sees: 'the certificate comes without its chain',
    stage: 'tls',
    takes: [certificate],
    puts: 'ssl_certificate CHAINLESS;',
    into: 'server',
  },
  { sees: 'the port speaks no TLS', stage: 'tls', takes: ['listen 443 ssl http2;'], puts: 'listen 443;', into: 'server' },
  {
    sees: 'the proxy answers, and does not reach the gateway (502)',
    stage: 'http',
    takes: [passes],
    puts: 'proxy_pass http://127.0.0.1:CLOSED;',
  },
  { sees: 'replies come from a cache', stage: 'auth', takes: ['proxy_buffering off;'], puts: caching, besides: 'proxy_buffering off;' },
  { sees: 'a web page answers that is not of the gateway', stage: 'http', takes: [passes], puts: page, incurable: true },
  {
    sees: 'something asks for a sign-in of its own',
    stage: 'http',
    stays: 'auth_basic "Private"; auth_basic_user_file /dev/null;',
  },
  {
    sees: 'the address leads away to another one',
    stage: 'http',
    takes: [passes],
    puts: 'return 302 https://login.example.com/sign-in;',
    incurable: true,
  },
  { sees: 'another gateway answers', stage: 'identity', takes: [passes], puts: 'proxy_pass http://127.0.0.1:OTHER;' },
  { sees: 'the name arrives as another one', stage: 'identity', takes: ['proxy_set_header Host $http_host;'] },
  {
    sees: 'the port is missing in the name (a warning)',
    stage: 'headers',
    takes: ['proxy_set_header Host $http_host;'],
    puts: 'proxy_set_header Host $host;',
    warns: true,
  },
  { sees: 'a credential does not arrive', stage: 'auth', puts: 'proxy_set_header Authorization "";' },
  { sees: 'event streams come in one heap, or stall after seconds', stage: 'sse', takes: ['proxy_buffering off;'] },
  {
    sees: 'WebSockets do not open',
    stage: 'websocket',
    takes: ['proxy_http_version 1.1;', 'proxy_set_header Upgrade $http_upgrade;', 'proxy_set_header Connection $connection_upgrade;'],
  },
  {
    sees: 'connections break off after a minute of silence',
    stage: 'sse',
    takes: ['proxy_read_timeout 3600s;'],
    puts: 'proxy_read_timeout 2s;',
    idle: 4,
  },
]
