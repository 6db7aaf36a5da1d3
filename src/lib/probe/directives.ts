import type { Culprit, Fix } from '../protocol/http-api.ts'
import { type Aim, nameInText } from './aim.ts'
import type { Program } from './signatures.ts'

/** What a proxy can do wrong, and a line of its configuration can mend. */
export type Ailment =
  | 'buffered'
  | 'compressed'
  | 'noUpgrade'
  | 'noAuthorization'
  | 'hostRewritten'
  | 'cached'
  | 'cutWhileSilent'
  | 'postRefused'
  | 'notPassed'
  | 'unreachable'
  | 'protoMissing'
  | 'forMissing'

/** What to write for one program. `{name}` is the host name that was tested. */
type Lines = Partial<Record<Program, Fix>>

const reverseProxy = (line: string): string => `reverse_proxy … {\n\t${line}\n}`
const template = (program: string): string => `xopc proxy template ${program} --domain {name}`

/** Line for program: the manuals of the programs are the source; test/integration/probe tries those of nginx and Caddy. */
const lines: Record<Ailment, { unknown: Fix; by: Lines }> = {
  buffered: {
    unknown: {
      title: 'Switch the buffering of replies off in every proxy on the way',
      snippet: `nginx:   proxy_buffering off;\nCaddy:   flush_interval -1\nApache:  flushpackets=on (in ProxyPass)\nTraefik: no buffering middleware`,
    },
    by: {
      nginx: { title: 'Switch buffering off in the location that passes to the gateway', snippet: 'proxy_buffering off;' },
      Caddy: {
        title:
          'Take out response_buffers (Caddy 2.6: buffer_responses); by itself Caddy passes events on at once, and everything else with',
        snippet: reverseProxy('flush_interval -1'),
      },
      Apache: { title: 'Add to the ProxyPass line', snippet: 'flushpackets=on' },
      Traefik: {
        title: 'Take the buffering middleware off the router, and flush at once',
        snippet: 'loadBalancer:\n  responseForwarding:\n    flushInterval: 1ms',
      },
      HAProxy: { title: 'Take out what collects replies in this backend: “filter compression” and other filters' },
      Cloudflare: {
        title: 'Use a named tunnel in place of a quick one (trycloudflare.com), which holds event streams back until they end',
        command: template('cloudflared'),
      },
      Envoy: { title: 'Take the filter envoy.filters.http.buffer out of the route' },
      Varnish: { title: 'Stream replies, in vcl_backend_response', snippet: 'set beresp.do_stream = true;' },
      Fastly: { title: 'Stream replies, in vcl_fetch', snippet: 'set beresp.do_stream = true;' },
    },
  },
  compressed: {
    unknown: { title: 'Leave replies of the type text/event-stream out of compression' },
    by: {
      nginx: {
        title: 'Compress no event streams: take text/event-stream (or *) out of gzip_types',
        snippet: 'gzip_types text/css application/json;',
      },
      Apache: { title: 'Compress no event streams', snippet: 'SetEnvIf Request_URI "/probe/stream|/events|/stream" no-gzip=1' },
    },
  },
  noUpgrade: {
    unknown: {
      title: 'Let every proxy on the way pass on Upgrade and Connection',
      snippet: `nginx:   proxy_http_version 1.1;\n         proxy_set_header Upgrade $http_upgrade;\n         proxy_set_header Connection "upgrade";\nApache:  upgrade=websocket (in ProxyPass)\nCaddy, HAProxy and Traefik do it by themselves`,
    },
    by: {
      nginx: {
        title: 'Pass the upgrade on, in the location that passes to the gateway',
        snippet: 'proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection "upgrade";',
      },
      Caddy: { title: 'Take out the header_up lines that change Connection or Upgrade; by itself Caddy passes WebSocket on' },
      Apache: { title: 'Add to the ProxyPass line (Apache 2.4.47 and newer)', snippet: 'upgrade=websocket' },
      HAProxy: { title: 'Take out the http-request lines that change Connection or Upgrade' },
      Traefik: { title: 'Take out the middleware that changes Connection or Upgrade; by itself Traefik passes WebSocket on' },
      Cloudflare: { title: 'Switch WebSockets on for the domain: Network → WebSockets' },
      Envoy: { title: 'Allow the upgrade on the route', snippet: 'upgrade_configs:\n  - upgrade_type: websocket' },
      Varnish: {
        title: 'Pipe upgrades, in vcl_recv',
        snippet: 'if (req.http.upgrade ~ "(?i)websocket") { return (pipe); }',
      },
    },
  },
  noAuthorization: {
    unknown: {
      title: 'Let every proxy on the way pass Authorization on unchanged',
      snippet: `nginx:   proxy_set_header Authorization $http_authorization;\nApache:  no "RequestHeader unset Authorization"\nCaddy:   no "header_up -Authorization"\nTraefik: removeHeader: false (basicAuth)`,
    },
    by: {
      nginx: {
        title: 'Pass Authorization on, and take out the line that sets or empties it',
        snippet: 'proxy_set_header Authorization $http_authorization;',
      },
      Caddy: { title: 'Take out “header_up -Authorization”, or the line that sets another one' },
      Apache: { title: 'Take out “RequestHeader unset Authorization”, or the line that sets another one' },
      HAProxy: { title: 'Take out “http-request del-header Authorization”, or the line that sets another one' },
      Traefik: { title: 'Let the basicAuth middleware leave the header alone', snippet: 'removeHeader: false' },
      'oauth2-proxy': { title: 'Let it leave the header alone', snippet: 'pass_basic_auth = false\npass_authorization_header = false' },
    },
  },
  hostRewritten: {
    unknown: {
      title: 'Let every proxy on the way pass Host on unchanged',
      snippet: `nginx:   proxy_set_header Host $http_host;\nCaddy:   header_up Host {hostport}\nApache:  ProxyPreserveHost On\nTraefik: passHostHeader: true\nHAProxy: no "http-request set-header Host"`,
    },
    by: {
      nginx: { title: 'Pass Host on as it came, with its port', snippet: 'proxy_set_header Host $http_host;' },
      Caddy: { title: 'Pass Host on as it came, with its port', snippet: reverseProxy('header_up Host {hostport}') },
      Apache: { title: 'Pass Host on as it came', snippet: 'ProxyPreserveHost On' },
      HAProxy: { title: 'Take out “http-request set-header Host”' },
      Traefik: { title: 'Pass Host on as it came', snippet: 'passHostHeader: true' },
      Cloudflare: { title: 'Name the host in the tunnel’s configuration', snippet: 'originRequest:\n  httpHostHeader: {name}' },
      frp: { title: 'Take hostHeaderRewrite out of the proxy in frpc.toml' },
      Envoy: { title: 'Switch the rewriting off in the route', snippet: 'auto_host_rewrite: false' },
      CloudFront: { title: 'Choose the origin request policy AllViewer, which hands Host on' },
    },
  },
  cached: {
    unknown: {
      title: 'Keep no replies of the gateway in any cache on the way',
      snippet: `nginx:      proxy_cache off;\nApache:     CacheDisable "/"\nVarnish:    return (pass);\nCloudflare: a cache rule "Bypass cache" for {name}`,
    },
    by: {
      nginx: { title: 'Cache nothing of the gateway', snippet: 'proxy_cache off;' },
      Caddy: { title: 'Take the “cache” directive out of this site' },
      Apache: { title: 'Cache nothing of the gateway', snippet: 'CacheDisable "/"' },
      Varnish: { title: 'Cache nothing of the gateway, in vcl_recv', snippet: 'return (pass);' },
      Fastly: { title: 'Cache nothing of the gateway, in vcl_recv', snippet: 'return (pass);' },
      Cloudflare: { title: 'Add a cache rule "Bypass cache" for {name}: Caching → Cache Rules' },
      CloudFront: { title: 'Choose the cache policy CachingDisabled' },
      Squid: { title: 'Cache nothing of the gateway', snippet: 'cache deny all' },
    },
  },
  cutWhileSilent: {
    unknown: {
      title: 'Let connections be silent for an hour, in every proxy on the way',
      snippet: `nginx:   proxy_read_timeout 3600s;\nApache:  ProxyTimeout 3600\nHAProxy: timeout server 1h\n         timeout tunnel 1h\nAWS:     idle timeout 3600 s`,
    },
    by: {
      nginx: { title: 'Let the gateway be silent for an hour', snippet: 'proxy_read_timeout 3600s;' },
      Caddy: { title: 'Take out read_timeout and response_header_timeout; by itself Caddy sets no limit' },
      Apache: { title: 'Let the gateway be silent for an hour', snippet: 'ProxyTimeout 3600' },
      HAProxy: { title: 'Let both sides be silent for an hour', snippet: 'timeout client 1h\ntimeout server 1h\ntimeout tunnel 1h' },
      Traefik: { title: 'Let entry points be silent for an hour', snippet: 'respondingTimeouts:\n  idleTimeout: 3600s' },
      'AWS load balancer': { title: 'Raise its idle timeout', snippet: 'idle_timeout.timeout_seconds = 3600' },
      Envoy: { title: 'Let streams be silent for an hour', snippet: 'stream_idle_timeout: 3600s' },
      Cloudflare: {
        title:
          'Nothing can be set here: Cloudflare ends a reply that is silent for about 100 s. The gateway’s own streams send a sign of life every 15 s',
      },
    },
  },
  postRefused: {
    unknown: { title: 'Let POST through to the gateway; a firewall for web applications or a rule of the proxy refuses it' },
    by: {
      nginx: { title: 'Take out the rule that refuses POST (limit_except, or an “if” on $request_method)' },
      Cloudflare: { title: 'Let {name} pass the firewall: Security → WAF, action Skip' },
    },
  },
  notPassed: {
    unknown: { title: 'Pass everything of this host on to the gateway, not only some paths' },
    by: {
      nginx: { title: 'Pass every path on, as the template does', command: template('nginx') },
      Caddy: { title: 'Pass every path on, as the template does', command: template('caddy') },
    },
  },
  unreachable: {
    unknown: { title: 'Lead the proxy to the address where the gateway listens', command: 'xopc gateway status' },
    by: {
      nginx: { title: 'Correct proxy_pass: the gateway’s address is in the template', command: template('nginx') },
      Caddy: { title: 'Correct reverse_proxy: the gateway’s address is in the template', command: template('caddy') },
      Cloudflare: {
        title: 'Start the tunnel’s connector, and see that its service is the gateway’s address',
        command: template('cloudflared'),
      },
      frp: { title: 'Start frpc on the gateway’s computer: frps has no tunnel for this name' },
      Tailscale: { title: 'See what Serve leads to', command: 'tailscale serve status' },
    },
  },
  protoMissing: {
    unknown: {
      title: 'Let the proxy say that its visitors come over https',
      snippet: `nginx:   proxy_set_header X-Forwarded-Proto $scheme;\nApache:  RequestHeader set X-Forwarded-Proto "https"\nHAProxy: http-request set-header X-Forwarded-Proto https if { ssl_fc }`,
    },
    by: {
      nginx: { title: 'Say that visitors come over https', snippet: 'proxy_set_header X-Forwarded-Proto $scheme;' },
      Caddy: { title: 'Take out the header_up line that changes X-Forwarded-Proto; by itself Caddy sets it' },
      Apache: { title: 'Say that visitors come over https', snippet: 'RequestHeader set X-Forwarded-Proto "https"' },
      HAProxy: { title: 'Say that visitors come over https', snippet: 'http-request set-header X-Forwarded-Proto https if { ssl_fc }' },
    },
  },
  forMissing: {
    unknown: {
      title: 'Let the proxy say who its visitors are',
      snippet: `nginx:   proxy_set_header X-Forwarded-For $remote_addr;\nApache:  ProxyAddHeaders On\nHAProxy: option forwardfor`,
    },
    by: {
      nginx: { title: 'Say who the visitors are', snippet: 'proxy_set_header X-Forwarded-For $remote_addr;' },
      Caddy: { title: 'Take out “header_up -X-Forwarded-For”; by itself Caddy sets it' },
      Apache: { title: 'Say who the visitors are', snippet: 'ProxyAddHeaders On' },
      HAProxy: { title: 'Say who the visitors are', snippet: 'option forwardfor' },
    },
  },
}

/** What to do about it: the line for the program that did it, or for the usual ones where it is unknown. Pure. */
export function remedy(ailment: Ailment, { program }: Culprit, aim: Aim): Fix {
  const { unknown, by } = lines[ailment]
  const known: Readonly<Record<string, Fix | undefined>> = by
  const fix = (program === null ? undefined : known[program]) ?? unknown
  const fill = (text: string): string => text.replaceAll('{name}', nameInText(aim))
  return {
    title: fill(fix.title),
    ...(fix.command === undefined ? {} : { command: fill(fix.command) }),
    ...(fix.snippet === undefined ? {} : { snippet: fill(fix.snippet) }),
  }
}
