import { describe, expect, it } from 'vitest'
import { aimAt } from '../../../src/lib/probe/aim.ts'
import { type Ailment, remedy } from '../../../src/lib/probe/directives.ts'

const aim = aimAt('https://gateway.example.org')
const by = (program: string | null) => ({ program, evidence: null })

describe('the line to write', () => {
  it.each<[ailment: Ailment, program: string, line: RegExp]>([
    ['buffered', 'nginx', /^proxy_buffering off;$/],
    ['buffered', 'Caddy', /flush_interval -1/],
    ['buffered', 'Apache', /flushpackets=on/],
    ['noUpgrade', 'nginx', /^proxy_http_version 1\.1;\nproxy_set_header Upgrade \$http_upgrade;\nproxy_set_header Connection "upgrade";$/],
    ['noUpgrade', 'Apache', /upgrade=websocket/],
    ['noAuthorization', 'nginx', /^proxy_set_header Authorization \$http_authorization;$/],
    ['hostRewritten', 'nginx', /^proxy_set_header Host \$http_host;$/],
    ['hostRewritten', 'Apache', /^ProxyPreserveHost On$/],
    ['hostRewritten', 'Traefik', /passHostHeader: true/],
    ['hostRewritten', 'Caddy', /header_up Host \{hostport\}/],
    ['hostRewritten', 'Cloudflare', /httpHostHeader: gateway\.example\.org/],
    ['cached', 'nginx', /^proxy_cache off;$/],
    ['cutWhileSilent', 'nginx', /^proxy_read_timeout 3600s;$/],
    ['cutWhileSilent', 'HAProxy', /timeout tunnel 1h/],
    ['protoMissing', 'nginx', /^proxy_set_header X-Forwarded-Proto \$scheme;$/],
    ['forMissing', 'nginx', /^proxy_set_header X-Forwarded-For \$remote_addr;$/],
  ])('%s by %s', (ailment, program, line) => {
    expect(remedy(ailment, by(program), aim).snippet).toMatch(line)
  })

  it.each<Ailment>(['buffered', 'noUpgrade', 'noAuthorization', 'hostRewritten', 'cached', 'cutWhileSilent', 'protoMissing', 'forMissing'])(
    '%s by nobody known names the usual programs, and so does a program that has no line of its own',
    (ailment) => {
      const fix = remedy(ailment, by(null), aim)
      expect(fix.snippet).toMatch(/^nginx: /)
      expect(remedy(ailment, by('Some Proxy'), aim)).toEqual(fix)
    },
  )

  it('leads to a template for the name that was tested', () => {
    expect(remedy('unreachable', by('nginx'), aim).command).toBe('xopc proxy template nginx --domain gateway.example.org')
    expect(remedy('cached', by('Cloudflare'), aim).title).toContain('gateway.example.org')
  })
})
