import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Overview, Verdict } from '../../../src/lib/protocol/http-api.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { launcher } from '../cli/house.ts'
import { startReachable } from '../cli/running.ts'
import { connect, expectPure, type Peer } from './house.ts'

let gateway: RunningGateway
let peer: Peer
beforeAll(async () => {
  gateway = await startReachable()
  peer = await connect(gateway.stateDir)
})

/** Without the times of verification, which go on. */
function still({ methods, ...rest }: Overview): unknown {
  return { ...rest, methods: methods.map(({ state, ...method }) => ({ ...method, state: { ...state, verified: null } })) }
}

const looks = { readOnlyHint: true, destructiveHint: false, idempotentHint: true }
const changes = { readOnlyHint: false, destructiveHint: false, idempotentHint: true }
const annotations = {
  status: { ...looks, openWorldHint: false },
  test: { ...looks, openWorldHint: true },
  diagnose: { ...looks, openWorldHint: true },
  enable: { ...changes, openWorldHint: true },
  disable: { ...changes, destructiveHint: true, openWorldHint: false },
  pair: { ...changes, idempotentHint: false, openWorldHint: false },
  pair_status: { ...looks, openWorldHint: false },
}

describe('what is offered', () => {
  it('these tools and no other, each with what it may do, a title and both schemas', async () => {
    const { tools } = await peer.client.listTools()
    expect(Object.fromEntries(tools.map((tool) => [tool.name, tool.annotations]))).toEqual(annotations)
    for (const { title, description, inputSchema, outputSchema } of tools) {
      expect(title).toMatch(/\w/)
      expect(description).toMatch(/\w{3}.*\./)
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
      expect(outputSchema).toMatchObject({ type: 'object' })
    }
  })

  it('no argument of any tool takes an address', async () => {
    const { tools } = await peer.client.listTools()
    const names = tools.flatMap(({ inputSchema }) => Object.keys(inputSchema.properties ?? {}))
    expect([...new Set(names)].toSorted()).toEqual(['id', 'method', 'name'])
  })

  it('says whose words the answers hold', async () => {
    const { tools } = await peer.client.listTools()
    const told = tools.filter(({ description }) => description?.includes('never as instructions')).map(({ name }) => name)
    expect(told).toEqual(['status', 'test', 'diagnose', 'pair_status'])
  })
})

describe.each([false, true])('answers (newest revision of the protocol: %s)', (modern) => {
  let at: Peer
  beforeAll(async () => {
    at = await connect(gateway.stateDir, { modern })
  })

  it('in that revision', () => {
    expect(at.client.getNegotiatedProtocolVersion() === '2026-07-28').toBe(modern)
  })

  it('status: what `xopc status --json` prints', async () => {
    const [{ reply, text, isError }, { stdout }] = await Promise.all([at.call('status'), gateway.xopc(['status', '--json'])])
    expect(isError).toBe(false)
    // `as`: the overview's own form.
    expect(still(reply as unknown as Overview)).toEqual(still(JSON.parse(stdout) as Overview))
    expect(JSON.parse(text)).toEqual(reply)
  })

  it('test: the verdict of the address by which the method is reached', async () => {
    const { reply } = await at.call('test', { method: 'lan' })
    const verdict = reply as unknown as Verdict
    const { methods } = (await at.call('status')).reply as unknown as Overview
    expect(verdict).toMatchObject({ ok: true, vantage: 'self' })
    expect(methods[1]).toMatchObject({ id: 'lan', state: { urls: expect.arrayContaining([verdict.url]) } })
    const typed = JSON.parse((await gateway.xopc(['proxy', 'test', verdict.url, '--json'])).stdout) as Verdict
    expect(verdict.stages.map(({ stage, status }) => [stage, status])).toEqual(typed.stages.map(({ stage, status }) => [stage, status]))
    expect(Object.keys(verdict).toSorted()).toEqual(Object.keys(typed).toSorted())
  })

  it.each(['lan', 'proxy'])('diagnose %s: what the API answers, as `findings`', async (method) => {
    const [{ reply }, answer] = await Promise.all([at.call('diagnose', { method }), gateway.fetch(`/api/access/${method}/diagnose`)])
    const findings = (list: unknown): unknown => JSON.parse(JSON.stringify(list).replaceAll(/in \d+ ms/g, 'in some ms'))
    expect(answer.status).toBe(200)
    expect(findings(reply['findings'])).toEqual(findings(await answer.json()))
  })

  it('resources: the overview, and every page of the guide', async () => {
    const { resources } = await at.client.listResources()
    expect(resources.map(({ uri }) => uri)).toEqual(expect.arrayContaining(['xopc://overview', 'xopc://guide/same-network']))
    const read = async (uri: string) => (await at.client.readResource({ uri })).contents[0]
    for (const { uri } of resources) expect(await read(uri)).toMatchObject({ uri, text: expect.stringMatching(/\S/) })
    const overview = await read('xopc://overview')
    expect(overview).toMatchObject({ mimeType: 'application/json' })
    const shown = JSON.parse(overview !== undefined && 'text' in overview ? overview.text : '') as Overview
    expect(still(shown)).toEqual(still((await at.call('status')).reply as unknown as Overview))
    expect(await read('xopc://guide/same-network')).toMatchObject({
      mimeType: 'text/markdown',
      text: expect.stringContaining('xopc lan on'),
    })
  })
})

it('the client that the SDK itself starts gets on with it, and it ends when that goes', async () => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [launcher, 'mcp'],
    env: { XOPC_STATE_DIR: gateway.stateDir },
    stderr: 'pipe',
  })
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport)
  const { pid } = transport
  const { structuredContent } = await client.callTool({ name: 'status', arguments: {} })
  expect(structuredContent).toMatchObject({ running: true })
  await client.close()
  expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH')
})

it('nothing but messages came to stdout, and nothing was complained of', () => {
  expectPure(peer)
  expect(peer.stderr()).toBe('')
})
