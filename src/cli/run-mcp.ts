import type { Xopc } from '../lib/core/xopc.ts'
import type { Connection } from './connection.ts'
import type { FailureInfo } from './failure.ts'
import { jsonText } from './render/json.ts'
import { endSignal, untilAborted } from './until-ended.ts'

/** How the server reaches its gateway, and what it is called. */
export interface McpOptions {
  version: string
  /** The gateway that is meant now; asked anew for each call. */
  open(): Promise<Connection>
}

/** Serves MCP on stdin and stdout until the client goes or a signal comes. Throws `FILE_NOT_READABLE` for the guide. */
export async function runMcp({ version, open }: McpOptions): Promise<void> {
  const ended = endSignal()
  const [{ serveMcp }, { guidePages }] = await Promise.all([import('../lib/mcp/server.ts'), import('../lib/mcp/guide.ts')])
  const say = (text: string): void => void process.stderr.write(`xopc mcp: ${text}\n`)
  const server = serveMcp({
    version,
    guide: await guidePages(),
    input: process.stdin,
    output: process.stdout,
    withGateway: async (work) => await withGateway(open, work),
    explain,
    jsonText,
    onProblem: say,
  })
  if (process.stdin.isTTY)
    say('this speaks MCP, and is started by an MCP client with the command xopc and the argument mcp. Ctrl-C ends it.')
  await Promise.race([server.over, untilAborted(ended)])
  await server.close()
}

/**
 * Finds the gateway for one call, so that one which was started meanwhile is found, and one that is no longer meant is left alone. Without a running
 * gateway nothing is done: what commands do on its files is for people.
 */
async function withGateway<Result>(open: McpOptions['open'], work: (xopc: Xopc) => Promise<Result>): Promise<Result> {
  const connection = await open()
  try {
    if (connection.kind === 'offline') throw (await import('../lib/core/errors.ts')).coreErrors.GATEWAY_NOT_RUNNING()
    return await work(connection.xopc)
  } finally {
    await connection.close()
  }
}

/** What `--json` would print of it. Nobody foresaw an error without a code: its stack goes to where clients keep what a server says. */
async function explain(thrown: unknown): Promise<FailureInfo> {
  const [{ toFailure }, { cliErrors }] = await Promise.all([import('./failure.ts'), import('./errors.ts')])
  const log = 'what xopc mcp wrote to its error output'
  const failure = toFailure(thrown, { command: 'mcp', log })
  if ('bug' in failure)
    process.stderr.write(`${failure.bug instanceof Error ? (failure.bug.stack ?? failure.bug.message) : String(failure.bug)}\n`)
  return failure.info ?? cliErrors.UNEXPECTED({ problem: String(thrown), log }).info()
}
