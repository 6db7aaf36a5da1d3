import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { parse } from 'smol-toml'
import { expect, it } from 'vitest'
import { frpcConfig } from '../../src/lib/binaries/frpc-config.ts'
import { frpcFacts, startFrpc, startFrps } from '../support/frp.ts'
import { needsPeer } from '../support/peers.ts'

// The admin server of frpc has no password unless it is given one, answers whoever is on this computer, and can be told to lead elsewhere.

it('the configuration names none', async () => {
  expect(Object.keys(parse(frpcConfig(await frpcFacts({ serverPort: 7000 }))))).not.toContain('webServer')
})

needsPeer(['frpc', 'frps'], 'a real frpc', (frpc, frps) => {
  it('listens nowhere', async () => {
    const server = await startFrps(frps)
    const client = await startFrpc(frpc, await frpcFacts({ serverPort: server.port }))
    await client.event('serving')
    expect(listeners(client.pid)).toEqual([])
    // What does listen is seen.
    expect(listeners(server.pid).length).toBeGreaterThan(1)
    await client.stop()
  })
})

/** Local addresses at which a process listens, as /proc has them. */
function listeners(pid: number): string[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []),
  )
  const rows = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1))
  const LISTEN = '0A'
  return rows.flatMap((row) => {
    const fields = row.trim().split(/\s+/)
    return fields[3] === LISTEN && own.has(fields[9] ?? '') ? [fields[1] ?? ''] : []
  })
}
