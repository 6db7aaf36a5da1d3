import { readFile } from 'node:fs/promises'
import { beforeAll, expect, it } from 'vitest'
import { type DnsServer, startDns } from '../../support/dns.ts'
import { type Argv, inOwnNames } from '../../support/hosts.ts'
import { needsPeer } from '../../support/peers.ts'
import { type Ran, run, start } from '../../support/run.ts'

const looking = (name: string): Argv => [
  process.execPath,
  '-e',
  `require('dns').lookup('${name}', { all: true }, (error, all) => console.log(error ? error.code : all.map((each) => each.address).sort().join(' ')))`,
]

needsPeer('own-hosts', 'names of its own', () => {
  let dns: DnsServer
  let inside: (argv: Argv) => Argv
  beforeAll(async () => {
    dns = await startDns({
      'both.test': ['192.0.2.1', '2001:db8::1'],
      'six.test': ['2001:db8::6'],
      'metadata.test': ['169.254.169.254'],
      'broken.test': 'SERVFAIL',
      'slow.test': 'silence',
      'moving.test': (before) => [before === 0 ? '192.0.2.7' : '127.0.0.1'],
    })
    inside = await inOwnNames({ hosts: { 'gateway.test': '127.0.0.1', 'two.test': ['127.0.0.2', '::1'] }, dns: dns.address })
  })
  const found = async (name: string, within = inside) => (await run(within(looking(name)))).stdout.trim()

  it.each([
    ['localhost', '127.0.0.1 ::1'],
    ['gateway.test', '127.0.0.1'],
    ['two.test', '127.0.0.2 ::1'],
    ['both.test', '192.0.2.1 2001:db8::1'],
    ['six.test', '2001:db8::6'],
    ['metadata.test', '169.254.169.254'],
    ['broken.test', 'EAI_AGAIN'],
    ['unknown.test', 'ENOTFOUND'],
  ])('%s: %s', async (name, answer) => {
    expect(await found(name)).toBe(answer)
  })

  it('change between look-ups', async () => {
    expect([await found('moving.test'), await found('moving.test')]).toEqual(['192.0.2.7', '127.0.0.1'])
  })

  it('can be asked for in vain', async () => {
    const child = start(inside(looking('slow.test')))
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    await expect.poll(() => dns.questions).toContain('A slow.test')
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    expect(printed).toBe('')
  })

  it('are all there are where no name server is given', async () => {
    const alone = await inOwnNames({ hosts: { 'gateway.test': '127.0.0.9' } })
    expect([await found('gateway.test', alone), await found('both.test', alone)]).toEqual(['127.0.0.9', 'ENOTFOUND'])
  })

  it('are nobody else’s, and the pid stays', async () => {
    expect(await readFile('/etc/hosts', 'utf8')).not.toContain('gateway.test')
    const child = start(inside([process.execPath, '-p', 'process.pid']))
    const ran = await new Promise<Ran['stdout']>((resolve) => child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())))
    expect(Number(ran)).toBe(child.pid)
  })
})
