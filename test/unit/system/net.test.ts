import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { interfaceKind } from '../../../src/lib/system/interface-kind.ts'
import { answersHealth, hostNames, interfaces } from '../../../src/lib/system/net.ts'
import { listeningInodes, programName } from '../../../src/lib/system/port-owner.ts'
import { tempFolder } from '../../support/cleanup.ts'

describe('kinds of interfaces', () => {
  it.each([
    ['lo', true, false, 'loopback'],
    ['lo0', true, null, 'loopback'],
    ['eth0', false, true, 'physical'],
    ['enp3s0', false, true, 'physical'],
    ['wlp2s0', false, true, 'physical'],
    ['wwan0', false, true, 'physical'],
    ['weird0', false, true, 'physical'],
    ['br0', false, true, 'physical'],
    ['en0', false, null, 'physical'],
    ['Wi-Fi', false, null, 'physical'],
    ['eth0', false, false, 'physical'],
    ['docker0', false, false, 'virtual'],
    ['br-0123456789ab', false, false, 'virtual'],
    ['veth1a2b3c', false, false, 'virtual'],
    ['virbr0', false, false, 'virtual'],
    ['vmnet8', false, null, 'virtual'],
    ['vboxnet0', false, null, 'virtual'],
    ['bridge100', false, null, 'virtual'],
    ['bridge0', false, null, 'physical'],
    ['vEthernet (WSL)', false, null, 'virtual'],
    ['cni0', false, false, 'virtual'],
    ['unknown9', false, false, 'virtual'],
    ['tailscale0', false, false, 'vpn'],
    ['wg0', false, false, 'vpn'],
    ['utun3', false, null, 'vpn'],
    ['tun0', false, false, 'vpn'],
    ['ztabcdef', false, false, 'vpn'],
    ['ppp0', false, false, 'vpn'],
    ['nordlynx', false, false, 'vpn'],
  ])('%s (internal %s, device %s) is %s', (name, internal, hasDevice, kind) => {
    expect(interfaceKind({ name, internal, hasDevice })).toBe(kind)
  })

  it('of this computer are told for every address', async () => {
    const found = await interfaces()
    const system = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
    expect(found.map(({ address }) => address)).toEqual(system)
    expect(found).toContainEqual({ address: '127.0.0.1', family: 'IPv4', interface: expect.stringMatching(/^lo/), kind: 'loopback' })
  })
})

it('names of this computer are bare and with .local, lower case', () => {
  expect(hostNames()).toContainEqual(expect.stringMatching(/\.local$/))
  for (const name of hostNames()) expect(name).toMatch(/^[a-z\d.-]+$/)
})

// Recorded from a computer with sshd on 22 (v4 and v6) and one open connection.
const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:4966 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41234 1 0000000000000000 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17321 1 0000000000000000 100 0 0 10 0
   2: 0100007F:4966 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 41300 1 0000000000000000 20 4 30 10 -1
`

it.each([
  [18_790, ['41234']],
  [22, ['17321']],
  [50_000, []],
  [0x16_0000, []],
])('finds who listens on %i in the table of the kernel', (port, inodes) => {
  expect(listeningInodes(tcp, port)).toEqual(inodes)
  expect(listeningInodes('', port)).toEqual([])
})

describe('health over a socket', () => {
  const answers: readonly (readonly [name: string, reply: string | null, alive: boolean])[] = [
    ['a gateway', 'HTTP/1.1 200 OK\r\n\r\n{}', true],
    ['a gateway in pieces', 'HTTP/1.1 2|00 OK\r\n\r\n', true],
    ['an error', 'HTTP/1.1 503 No\r\n\r\n', false],
    ['something else', 'SSH-2.0-OpenSSH_9.2\r\n', false],
    ['silence', null, false],
    ['a closed door', '', false],
  ]
  it.each(answers)('of %s', async (_name, reply, alive) => {
    const path = join(await tempFolder(), 's')
    const server = createServer((socket) => {
      for (const part of reply?.split('|') ?? []) socket.write(part)
      if (reply !== null) socket.end()
    }).listen(path)
    await once(server, 'listening')
    expect(await answersHealth(path, 300)).toBe(alive)
    server.close()
  })

  it('of nothing, and of what a dead gateway left', async () => {
    const path = join(await tempFolder(), 's')
    expect(await answersHealth(path)).toBe(false)
    await writeFile(path, '')
    expect(await answersHealth(path)).toBe(false)
  })
})

it.each([
  ['nginx\n', 'nginx: master process nginx\0', 'nginx'],
  ['MainThread\n', '/usr/bin/node\0/srv/app.js\0', 'node'],
  ['MainThread\n', '/usr/bin/node\0/opt/xopc/bin/run.js\0gateway\0--port\x0018790\0', 'another xopc gateway'],
  ['node\n', 'node\0/usr/local/bin/xopc\0gateway\0', 'another xopc gateway'],
  ['MainThread\n', 'node\0/srv/bin/run.js\0serve\0', 'node'],
  ['', '', null],
])('a program called %j with %j is %s', (comm, cmdline, name) => {
  expect(programName(comm, cmdline)).toBe(name)
})
