import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { tempFolder } from '../../support/cleanup.ts'
import { xopc } from '../../support/gateway.ts'
import { connect, expectPure, type Peer, serve } from './house.ts'

const greeting = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
})

describe('bad input', () => {
  it.each([
    ['words', 'hello\n'],
    ['half an object', '{"jsonrpc":"2.0",\n'],
    ['another object', '{"a":1}\n'],
    ['a list', '[1,2]\n'],
    ['nulls and bytes', '\0\0\u0001\ufffe\n'],
    ['a number as method', '{"jsonrpc":"2.0","id":5,"method":7}\n'],
    ['a prototype', '{"__proto__":{"x":1},"jsonrpc":"2.0","id":6,"method":"constructor"}\n'],
    ['empty lines', '\n\n\r\n'],
    ['deep', `${'['.repeat(20_000)}\n`],
    ['a long line', `"${'x'.repeat(1_000_000)}"\n`],
  ])('%s, and it goes on', async (_, garbage) => {
    const served = serve(await tempFolder())
    served.write(garbage)
    served.write(`${greeting}\n`)
    for (let tries = 0; tries < 400 && !served.stdout().includes('"protocolVersion"'); tries++)
      await new Promise((done) => setTimeout(done, 25))
    expect(served.stdout()).toContain('"protocolVersion":"2025-06-18"')
    served.leave()
    expect(await served.ended).toBe(0)
    expectPure(served)
    expect(served.stderr()).not.toMatch(/ at .*\.js/)
  })

  it('a line without an end is not collected for ever: it says so and ends', async () => {
    const served = serve(await tempFolder())
    served.write('x'.repeat(11 * 1024 * 1024))
    expect(await served.ended).toBe(0)
    expect(served.stderr()).toMatch(/^xopc mcp: .*exceeded maximum size/)
    expect(served.stdout()).toBe('')
  })

  it('unknown tools and methods, wrong and huge arguments, are answered', async () => {
    const peer = await connect(await tempFolder())
    await expect(peer.client.callTool({ name: 'nothing', arguments: {} })).rejects.toThrow('nothing not found')
    await expect(peer.client.request({ method: 'tools/nothing' }, z.unknown())).rejects.toThrow('Method not found')
    const huge = await peer.call('test', { method: 'x'.repeat(2_000_000) })
    expect([huge.isError, huge.text.length < 1000]).toEqual([true, true])
    const wide = await peer.call('pair', { name: 'x'.repeat(2_000_000) })
    expect([wide.isError, wide.text.length < 1000]).toEqual([true, true])
    // `as`: what a client may send that keeps to nothing.
    for (const given of [[], 'text', 7, null] as unknown[])
      await expect(peer.client.callTool({ name: 'status', arguments: given as Record<string, unknown> })).rejects.toThrow()
    expect((await peer.client.listTools()).tools).toHaveLength(7)
  })
})

describe('a resource that is none', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await connect(await tempFolder())
  })

  it.each([
    'xopc://guide/nothing',
    'xopc://guide/../../package.json',
    'xopc://guide/..%2f..%2fpackage.json',
    'xopc://guide/images/overview.png',
    'xopc://guide/same-network.md',
    'xopc://guide/',
    'xopc://overview/x',
    'file:///etc/passwd',
    '/etc/passwd',
    '',
  ])('%j', async (uri) => {
    await expect(peer.client.readResource({ uri })).rejects.toThrow(/not found|invalid/)
    expect(peer.stdout()).not.toMatch(/root:|"dependencies"/)
  })
})

describe('the end', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s', async (signal) => {
    const peer = await connect(await tempFolder())
    peer.kill(signal)
    expect(await peer.ended).toBe(0)
    expectPure(peer)
    expect(peer.stderr()).toBe('')
  })

  it('when stdin was closed from the start', async () => {
    expect(await xopc(['mcp'])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })
})

it('its help names it, and `--json` is wrong usage: stdout is the protocol’s', async () => {
  expect((await xopc(['mcp', '--help'])).stdout).toContain('MCP server')
  expect(await xopc(['mcp', '--json'])).toMatchObject({ code: 2 })
})
