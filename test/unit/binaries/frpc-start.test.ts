import { describe, expect, it } from 'vitest'
import { frpcTarget, officialFrpc } from '../../../src/lib/binaries/frpc-digests.ts'
import { startFault, type StartOutcome } from '../../../src/lib/binaries/frpc-start.ts'
import { programFormat } from '../../../src/lib/binaries/program-format.ts'

// What only macOS does is told by tables: it was not run there.

const mac = { os: 'darwin', arch: 'arm64' }
const linux = { os: 'linux', arch: 'x64' }
const ended = (how: Partial<NonNullable<StartOutcome['result']>>) => ({
  code: null,
  signal: null,
  stdout: '',
  stderr: '',
  truncated: false,
  timedOut: false,
  ...how,
})

describe('why frpc does not start', () => {
  it.each([
    ['EACCES on Linux', linux, { system: 'EACCES' }, 'FRPC_NOEXEC', /mounted without/],
    ['EPERM on Linux', linux, { system: 'EPERM' }, 'FRPC_NOEXEC', /mounted without/],
    ['ENOEXEC', linux, { system: 'ENOEXEC' }, 'FRPC_WRONG_ARCHITECTURE', /linux_amd64/],
    ['no loader', linux, { system: 'ENOENT' }, 'FRPC_BROKEN', /a loader or an interpreter/],
    ['no memory', linux, { system: 'ENOMEM' }, 'FRPC_BROKEN', /ENOMEM/],
    ['cut short', linux, { result: ended({ signal: 'SIGBUS' }) }, 'FRPC_BROKEN', /ended by SIGBUS/],
    ['killed on Linux', linux, { result: ended({ signal: 'SIGKILL' }) }, 'FRPC_BROKEN', /ended by SIGKILL/],
    ['hung', linux, { result: ended({ signal: 'SIGTERM', timedOut: true }) }, 'FRPC_BROKEN', /within 10 s/],
    ['said something else', linux, { result: ended({ code: 0, stdout: 'hello\n' }) }, 'FRPC_BROKEN', /code 0 and said "hello"/],
    ['said nothing', linux, { result: ended({ code: 3 }) }, 'FRPC_BROKEN', /code 3 and said nothing/],
    ['bad processor, macOS', mac, { system: 'Unknown system error -86' }, 'FRPC_WRONG_ARCHITECTURE', /darwin_arm64/],
    ['killed, in quarantine', mac, { result: ended({ signal: 'SIGKILL' }), quarantined: true }, 'FRPC_QUARANTINED', /quarantine/],
    ['not permitted, in quarantine', mac, { system: 'EPERM', quarantined: true }, 'FRPC_QUARANTINED', /quarantine/],
    ['hung, in quarantine', mac, { result: ended({ timedOut: true }), quarantined: true }, 'FRPC_QUARANTINED', /quarantine/],
    ['killed, not in quarantine', mac, { result: ended({ signal: 'SIGKILL' }) }, 'FRPC_BROKEN', /does not believe its signature/],
    ['EACCES on macOS', mac, { system: 'EACCES' }, 'FRPC_NOEXEC', /mounted without/],
  ])('%s', (_, computer, outcome, code, message) => {
    const fault = startFault('/bin/frpc', computer, { system: null, result: null, quarantined: false, ...outcome })
    expect(fault).toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

/** The beginning of a file. */
function head(...fields: [at: number, bytes: string][]): Buffer {
  const bytes = Buffer.alloc(512)
  for (const [at, hex] of fields) bytes.write(hex, at, 'hex')
  return bytes
}
const elf = (machine: string, data = '01', abi = '00') => head([0, `7f454c4602${data}01${abi}`], [18, machine])

describe('what a program runs on', () => {
  it.each([
    ['ELF, 64-bit Intel', elf('3e00'), ['linux_amd64']],
    ['ELF, 64-bit ARM', elf('b700'), ['linux_arm64']],
    ['ELF, 32-bit Intel', elf('0300'), ['linux_386']],
    ['ELF, 32-bit ARM', elf('2800'), ['linux_arm']],
    ['ELF, big-endian', elf('0008', '02'), ['linux_unknown']],
    ['ELF of FreeBSD', elf('3e00', '01', '09'), ['freebsd_amd64']],
    ['Mach-O, Intel', head([0, 'cffaedfe07000001']), ['darwin_amd64']],
    ['Mach-O, ARM', head([0, 'cffaedfe0c000001']), ['darwin_arm64']],
    ['universal', head([0, 'cafebabe00000002'], [8, '01000007'], [28, '0100000c']), ['darwin_amd64', 'darwin_arm64']],
    ['a class of Java', head([0, 'cafebabe00000041']), null],
    ['a program of Windows', head([0, '4d5a']), ['windows']],
    ['a script', Buffer.from(`#!/bin/sh\n${'#'.repeat(100)}`), 'script'],
    ['a short script', Buffer.from('#!/bin/sh\n'), 'script'],
    ['a text', Buffer.from('hello'.repeat(50)), null],
    ['nothing', Buffer.alloc(0), null],
    ['the beginning of an ELF', elf('3e00').subarray(0, 10), null],
  ])('%s', (_, bytes, expected) => expect(programFormat(bytes)).toEqual(expected))
})

describe('the pinned release', () => {
  it('has an archive for every computer that hosts a gateway, and no other', () => {
    const computers = ['linux', 'darwin'].flatMap((os) => ['x64', 'arm64'].map((arch) => frpcTarget({ os, arch })))
    expect(new Set(Object.keys(officialFrpc.targets))).toEqual(new Set(computers))
    for (const { archive } of Object.values(officialFrpc.targets)) expect(archive).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set(Object.values(officialFrpc.targets).map(({ archive }) => archive)).size).toBe(4)
  })

  it.each([
    ['win32', 'x64'],
    ['linux', 'arm'],
    ['linux', 'riscv64'],
    ['freebsd', 'x64'],
    ['linux', 'constructor'],
  ])('%s on %s has none', (os, arch) => expect(frpcTarget({ os, arch })).toBeNull())
})
