import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publicLimits } from '../../../src/lib/broker/settings.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { blocksOf, pageText } from '../gateway/guide-blocks.ts'
import { tunnelPeers } from '../tunnel/house.ts'
import { type Computers, createComputers } from './computers.ts'
import { quoted } from './rows.ts'

// What docs/guide/public-tunnel.md and docs/guide/host-a-broker.md tell a newcomer to type, as far as one computer goes.

needsPeer(['netns', ...tunnelPeers], 'the public tunnel without an account', (ip, frps, frpc) => {
  const [gateway = '', broker = '', tunnel = ''] = (blocksOf('public-tunnel')[0]?.text ?? '').trimEnd().split('\n')
  let computers: Computers
  beforeAll(async () => {
    computers = await createComputers(ip, { home: `xopc-th${process.pid}`, other: `xopc-to${process.pid}` })
  })
  afterAll(async () => await computers.remove())

  /** In a terminal of its own; resolves once it says that it is ready. */
  async function going(command: string, ready: RegExp): Promise<void> {
    const child = computers.start('home', `export XOPC_FRPS_PATH=${frps} XOPC_FRPC_PATH=${frpc}; exec ${command}`)
    let printed = ''
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          printed += text
          if (ready.test(printed)) resolve()
        })
      child.once('close', () => reject(new Error(`${command} ended: ${printed}`)))
    })
  }

  it('is three commands', async () => {
    await going(gateway, /18790/)
    await going(broker, new RegExp(tunnel))
    const ran = await computers.run('home', tunnel)
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    const [url = ''] = /http:\/\/\w+\.localhost:\d+/.exec(ran.stdout) ?? []
    const seen = await computers.run('home', `curl -s --resolve '*:${new URL(url).port}:127.0.0.1' ${url}/health`)
    expect(seen.stdout).toContain('"status":"ok"')
    expect(await computers.run('other', `curl -s --max-time 2 http://192.168.1.20:${new URL(url).port}/`)).toMatchObject({ code: 7 })
  })
})

describe('the set of a broker', () => {
  const page = pageText('host-a-broker')

  it('is the files of the table, and what the steps copy is among them', async () => {
    const dir = join(await tempFolder(), 'set')
    const command = blocksOf('host-a-broker')[0]?.text.trimEnd().replace('/var/lib/xopc-broker', dir) ?? ''
    expect(await xopc(command.split(' ').slice(1))).toMatchObject({ code: 0 })
    const files = await readdir(dir)
    const table = page.slice(page.indexOf('| file |'), page.indexOf('1. **DNS.**'))
    const named = table
      .split('\n')
      .slice(2)
      .flatMap((line) => quoted(line.split('|')[1] ?? ''))
    expect(named.toSorted()).toEqual(files.toSorted())
    const copied = [...page.matchAll(/\/var\/lib\/xopc-broker\/([\w.-]+)/g)].map((match) => match[1] ?? '')
    const made = ['broker.db', 'broker.db-wal', 'broker.db-shm']
    expect(copied.filter((name) => !files.includes(name) && !made.includes(name))).toEqual([])
  })

  it('lets a person in by the command that stands there', async () => {
    const dir = join(await tempFolder(), 'set')
    await xopc(['broker', 'init', '--domain', 'frp.example.com', '--dir', dir])
    const [, words = '', said = ''] = /xopc (broker key create [^\n]*)\n([^\n]*)\n/.exec(page) ?? []
    const ran = await xopc(words.replace('/var/lib/xopc-broker', dir).split(' '), { stateDir: dir })
    expect([ran.code, ran.stdout.split('\n')[0]?.replace(/key \w+/, 'key')]).toEqual([0, said.replace(/key \w+/, 'key')])
    const list = await xopc(['broker', 'key', 'list', '--dir', dir], { stateDir: dir })
    expect(list.stdout).toMatch(/alice +0 of 3/)
  })

  it('has the limits that stand there', () => {
    const minutes = 60_000
    const { registrationsOfAddress, registrationsOfKey, failuresOfAddress, probesOfTunnel } = publicLimits
    for (const { max, windowMs } of [registrationsOfAddress, registrationsOfKey, failuresOfAddress])
      expect(page).toContain(`${max} in ${windowMs / minutes} minutes`)
    expect(page).toContain(`${probesOfTunnel.max} a minute`)
    expect(probesOfTunnel.windowMs).toBe(minutes)
  })
})
