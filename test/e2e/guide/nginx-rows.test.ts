import { beforeAll, describe, expect, it } from 'vitest'
import { certificateCases, createTestCa } from '../../support/certs.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startNginx } from '../../support/proxy-programs.ts'
import { verdictOf } from '../../support/verdict.ts'
import { expectFault, expectWorks, stageOf } from '../proxy/house.ts'
import { type NginxFault, nginxFaults } from './nginx-faults.ts'
import { nginxLines, piecesIn, rowOfSight } from './rows.ts'

// Rows of docs/guide/troubleshooting.md that nginx can be blamed for: our template with one thing wrong, and with the row's lines in its place.

const NAME = 'gateway.example.com'

needsPeer(['own-hosts', 'nginx'], 'what nginx does wrong, by the rows of the page', (_, nginx) => {
  let gateway: RunningGateway
  let template = ''
  /** What stands for the words and paths in templates and faults. */
  let here: Record<string, string> = {}
  const sites = new Map(nginxFaults.map((fault) => [fault.sees, { sick: 0, cured: 0 }]))
  const sitesOf = (sees: string) => sites.get(sees) ?? { sick: 0, cured: 0 }
  const urlOf = (port: number) => `https://${NAME}:${port}`

  beforeAll(async () => {
    const ca = await createTestCa()
    const [good, bare] = [await ca.leaf([NAME]), await certificateCases['incomplete chain'](ca, NAME)]
    gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: ca.env })
    const other = await startGateway({ config: { gateway: { publicUrl: `https://${NAME}` } } })
    const { stdout } = await gateway.xopc(['proxy', 'template', 'nginx', '--domain', NAME])
    template = stdout.replaceAll(`:${gateway.port}`, ':18790')
    here = {
      '127.0.0.1:18790': `127.0.0.1:${gateway.port}`,
      [`/etc/letsencrypt/live/${NAME}/fullchain.pem`]: good.certFile,
      [`/etc/letsencrypt/live/${NAME}/privkey.pem`]: good.keyFile,
      CHAINLESS: bare.certFile,
      CHAINLESSKEY: bare.keyFile,
      OTHER: String(other.port),
      CLOSED: String(await freePort()),
    }
    for (const site of sites.values()) Object.assign(site, { sick: await freePort(), cured: await freePort() })
    const texts = nginxFaults.flatMap((fault) => {
      const { sick, cured } = sitesOf(fault.sees)
      return [siteOf(fault, sick, 'sick'), ...(fault.incurable ? [] : [siteOf(fault, cured, 'cured')])]
    })
    await startNginx(nginx, {
      config: `proxy_cache_path cache keys_zone=guide:1m;\n${texts.join('')}`,
      port: sitesOf('a credential does not arrive').cured,
    })
  })

  /** The template with the fault, or with what the row says in its place. */
  function siteOf(
    { sees, takes = [], puts = '', into, stays = '', besides = '' }: NginxFault,
    port: number,
    state: 'sick' | 'cured',
  ): string {
    const lines = state === 'sick' ? puts : `${nginxLines(rowOfSight(sees))}\n${besides}`
    // The template has a server block for http, which is not asked here.
    const [map = '', , https = ''] = template.split(/^(?=server \{)/m)
    for (const line of takes) if (!https.includes(line)) throw new Error(`the template has no line ${line}`)
    const text = takes
      .reduce((all, line) => all.replace(line, ''), map + https)
      .replace('server {', () => `server { ${stays} ${into === 'server' ? lines : ''}`)
      .replace('location / {', () => `location / { ${into === 'server' ? '' : lines}`)
      .replace(/listen \[::\]:.*;/, '')
    const placed = text.includes('CHAINLESS') ? text.replace(/(?<=ssl_certificate_key )[^;]+/, 'CHAINLESSKEY') : text
    const found = Object.entries(here).toSorted(([one], [two]) => two.length - one.length)
    return found.reduce((all, [word, value]) => all.replaceAll(word, value), placed).replaceAll(/listen 443/g, `listen ${port}`)
  }

  describe.each(nginxFaults)('$sees', ({ sees, stage, incurable, warns, idle }) => {
    const row = rowOfSight(sees)

    it(`${row.code}, at ${stage}`, async () => {
      const url = urlOf(sitesOf(sees).sick)
      // What a cache holds is there from the second time on.
      if (sees.includes('cache')) await verdictOf(gateway, url)
      const verdict = await verdictOf(gateway, url, idle)
      if (warns) expectWorks(verdict, [[stage, row.code ?? undefined]])
      else expectFault(verdict, { stage, code: row.code ?? '', by: stageOf(verdict, stage).culprit?.program ?? null })
      const { fix } = stageOf(verdict, stage)
      if (!incurable) expect(piecesIn(row, fix, new URL(url).port), JSON.stringify(fix)).not.toEqual([])
    })

    if (incurable) return
    it('works with what the row says', async () => {
      expectWorks(await verdictOf(gateway, urlOf(sitesOf(sees).cured), idle))
    })
  })
})
