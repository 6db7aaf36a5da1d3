import { Client, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/client'
import { expect } from 'vitest'
import { atEnd } from '../../support/cleanup.ts'
import { start } from '../../support/run.ts'
import { launcher } from '../cli/house.ts'

/** `xopc mcp` in a process of its own, with everything that it wrote. */
export interface Served {
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Writes to its standard input as it is. */
  write(text: string): void
  /** Closes its standard input, as a client that goes does. */
  leave(): void
  kill(signal: NodeJS.Signals): void
  /** Its exit code, once it has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>
  /** For the SDK's client. Throws at a line of stdout that is no JSON. */
  readonly transport: Transport
}

/** A client of the official SDK at it. */
export interface Peer extends Served {
  readonly client: Client
  /** What a tool answered; `isError` tells an error. */
  call(name: string, given?: Record<string, unknown>): Promise<Answer>
}

/** An answer of a tool. */
export interface Answer {
  isError: boolean
  /** `{}` where there is none. */
  reply: Record<string, unknown>
  text: string
}

/** Starts `xopc mcp` on a state folder; it ends after the last test of the file. */
export function serve(stateDir: string, { args = [], env = {} }: { args?: readonly string[]; env?: NodeJS.ProcessEnv } = {}): Served {
  const argv = [process.execPath, launcher, 'mcp', ...args] as const
  const outer = { PATH: process.env['PATH'], HOME: stateDir, XOPC_STATE_DIR: stateDir }
  const child = start(argv, { env: { ...outer, ...env }, timeoutMs: 120_000 })
  const printed = { stdout: '', stderr: '' }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  child.stdin.on('error', () => {})
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (printed[name] += text))
  let read = 0
  const transport: Transport = {
    async start() {
      child.stdout.on('data', () => {
        for (let end = printed.stdout.indexOf('\n', read); end !== -1; end = printed.stdout.indexOf('\n', read)) {
          const line = printed.stdout.slice(read, end)
          read = end + 1
          // `as`: the client judges it.
          transport.onmessage?.(JSON.parse(line) as JSONRPCMessage)
        }
      })
      void ended.then(() => transport.onclose?.())
    },
    send: async (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    close: async () => void child.stdin.end(),
  }
  atEnd(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid ?? 0,
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    write: (text) => void child.stdin.write(text),
    leave: () => void child.stdin.end(),
    kill: (signal) => void child.kill(signal),
    ended,
    transport,
  }
}

/** A client that has greeted `xopc mcp` on a state folder. `modern`: in the revision of the protocol that knows no greeting. */
export async function connect(
  stateDir: string,
  { modern = false, ...options }: { modern?: boolean; args?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<Peer> {
  const served = serve(stateDir, options)
  const client = new Client({ name: 'test', version: '1' }, modern ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {})
  await client.connect(served.transport)
  // Fetched once, so that the client holds every reply against its schema.
  await client.listTools()
  return {
    ...served,
    client,
    async call(name, given = {}) {
      const { isError, structuredContent, content } = await client.callTool({ name, arguments: given })
      const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('')
      // `as`: every reply of ours is an object.
      return { isError: isError === true, reply: (structuredContent ?? {}) as Record<string, unknown>, text }
    },
  }
}

/** The code of an answer that is an error, with what every error has. Fails where it is none. */
export function codeOf({ isError, reply, text }: Answer): unknown {
  expect(isError, text).toBe(true)
  const { error } = reply as { error: { code: string; message: string; hint?: string } }
  expect(error).toMatchObject({ code: expect.any(String), message: expect.any(String) })
  expect(text).toContain(error.code)
  return error.code
}

/** Every line that it wrote is one message. */
export function expectPure({ stdout }: Pick<Served, 'stdout'>): void {
  const lines = stdout().split('\n')
  expect(lines.pop()).toBe('')
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
}
