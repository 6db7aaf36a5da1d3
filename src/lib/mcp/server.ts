import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import type { Readable, Writable } from 'node:stream'
import { cleanText } from '../protocol/outside-text.ts'
import type { GuidePage } from './guide.ts'
import { registerResources } from './resources.ts'
import type { House } from './tool.ts'
import { tools } from './tools.ts'
import { createWaitingCode } from './waiting-code.ts'

/** What the server is made of. */
export interface McpParts extends Omit<House, 'code'> {
  version: string
  guide: readonly GuidePage[]
  /** Where messages come from and go to; nothing else may be written there. */
  input: Readable
  output: Writable
  /** Told in a sentence what was wrong with the client's messages. */
  onProblem(problem: string): void
}

/** A server that runs. */
export interface Mcp {
  /** Resolves when the client is gone. */
  readonly over: Promise<void>
  /** Ends the exchange and takes back a pairing code that still waits; within 2 s. Never throws. */
  close(): Promise<void>
}

/** How long taking back a code may hold up the end, milliseconds. */
const END_MS = 2000

const instructions =
  'xopc is the front door of a service on a computer of this person: it says who can reach it, from where, and proves that it works. Begin with the tool status. Opening a way in for the first time, letting the internet in, settings, devices and tokens are the person’s alone: name the command that the person types. The guide is among the resources (xopc://guide/…).'

/** Serves the tools and resources over one client's pipe, in every revision of the protocol that the SDK knows. */
export function serveMcp({ version, guide, input, output, onProblem, ...rest }: McpParts): Mcp {
  const house: House = { ...rest, code: createWaitingCode() }
  const transport = new StdioServerTransport(input, output)
  const handle = serveStdio(() => createServer(version, house, guide), { transport, onerror: (error) => onProblem(problemOf(error)) })
  return {
    over: closed(transport),
    async close() {
      await Promise.all([handle.close(), takeBack(house, onProblem)])
    },
  }
}

function createServer(version: string, house: House, guide: readonly GuidePage[]): McpServer {
  // Neither changes while it runs.
  const capabilities = { tools: { listChanged: false }, resources: { listChanged: false } }
  const server = new McpServer({ name: 'xopc', title: 'xopc', version }, { capabilities, instructions })
  for (const tool of tools) tool.register(server, house)
  registerResources(server, house, guide)
  return server
}

/** Of a line that is JSON but no message the SDK tells every form that it might have had; of one that is no JSON it tells nothing. */
function problemOf({ name, message }: Error): string {
  return name === 'ZodError' ? 'A line that is no message of JSON-RPC was ignored.' : cleanText(message, 300)
}

/** Asked for after the SDK, which follows the transport by the same property. */
function closed(transport: StdioServerTransport): Promise<void> {
  const { onclose } = transport
  return new Promise((resolve) => {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport of the SDK has this property alone
    transport.onclose = () => {
      onclose?.()
      resolve()
    }
  })
}

async function takeBack({ code, withGateway }: House, onProblem: McpParts['onProblem']): Promise<void> {
  if (!code.isKept()) return
  // Where the gateway is gone its codes are, too; where it is slow, the code ends by itself.
  const done = withGateway(async (xopc) => await code.takeBack(xopc)).catch((error: unknown) =>
    onProblem(`the pairing code was not taken back, and ends by itself: ${error instanceof Error ? error.message : String(error)}`),
  )
  await Promise.race([done, new Promise((resolve) => setTimeout(resolve, END_MS))])
}
