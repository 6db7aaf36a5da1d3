import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { figure, type Bench } from './figure.ts'
import { gatewayProgram } from './gateway.ts'
import { interleave, median, percentile, residentBytes } from './measure.ts'
import { endWithUs, freePort, type Program } from './servers.ts'
import type { FromClient, ToClient } from './sse-client.ts'

const ROUNDS = 3
const STREAMS = 1000
const EVENTS = 20
const WARM_UP_REQUESTS = 500
const EVENT_TYPE = 'config.reload'
/** Memory is looked at when the server had time to come to rest. */
const REST_MS = 3_000

/** A server of event streams. */
interface Source {
  program: Program
  url: string
  token: string
  /** Makes it write one event to every stream. */
  provoke(index: number): Promise<Response>
  /** An ordinary request to the same server. */
  ask(): Promise<Response>
}

interface Result {
  /** KiB of resident memory that each stream added. */
  memory: number
  /** The same without pages of program files. */
  own: number
  p50: number
  p99: number
}

await figure(`Event streams: ${STREAMS} subscribers, ${EVENTS} events to each; median of ${ROUNDS}, interleaved`, async (bench) => {
  let run = 0
  const { ours, theirs } = await interleave(
    { rounds: ROUNDS, warmUp: 0 },
    { ours: async () => measure(bench, await gatewaySource(bench, ++run)), theirs: async () => measure(bench, await bareSource()) },
  )
  const of = (results: Result[], key: keyof Result): number => median(results.map((result) => result[key]))
  const peer = 'bare node:http server'
  return [
    { what: 'memory of each', xopc: of(ours, 'memory'), peer, theirs: of(theirs, 'memory'), unit: 'KiB', goal: { of: 'xopc', atMost: 20 } },
    { what: 'of it private', xopc: of(ours, 'own'), peer, theirs: of(theirs, 'own'), unit: 'KiB' },
    { what: 'delivery p50', xopc: of(ours, 'p50'), peer, theirs: of(theirs, 'p50'), unit: 'ms' },
    { what: 'delivery p99', xopc: of(ours, 'p99'), peer, theirs: of(theirs, 'p99'), unit: 'ms', goal: { of: 'xopc', atMost: 50 } },
  ]
})

async function measure(bench: Bench, source: Source): Promise<Result> {
  const server = await bench.start(source.program)
  await warmUp(source)
  const before = await memoryAtRest(server.pid)
  const client = await openStreams(source, STREAMS)
  const after = await memoryAtRest(server.pid)
  const delays = await deliver(source, client)
  client.kill()
  await server.stop()
  return {
    memory: perStream(before.all, after.all),
    own: perStream(before.own, after.own),
    p50: median(delays),
    p99: percentile(delays, 0.99),
  }
}

/** What is loaded once, with the first requests, the first stream and the first event, is not memory of a stream. */
async function warmUp(source: Source): Promise<void> {
  for (let request = 0; request < WARM_UP_REQUESTS; request++) await (await source.ask()).text()
  const client = await openStreams(source, 1)
  await provoke(source, EVENTS)
  client.kill()
}

async function memoryAtRest(pid: number): Promise<{ all: number; own: number }> {
  await sleep(REST_MS)
  return { all: residentBytes(pid), own: residentBytes(pid, 'RssAnon') }
}

function perStream(before: number, after: number): number {
  return (after - before) / STREAMS / 1024
}

async function openStreams({ url, token }: Source, count: number): Promise<ChildProcess> {
  const client = fork(join(import.meta.dirname, 'sse-client.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  void endWithUs(client)
  await ask(client, { open: { url, token, count } })
  return client
}

async function deliver(source: Source, client: ChildProcess): Promise<number[]> {
  for (let index = 0; index < EVENTS; index++) {
    await provoke(source, index)
    await sleep(250)
  }
  const reply = await ask(client, { report: { type: EVENT_TYPE } })
  const delays = 'delays' in reply ? reply.delays : []
  if (delays.length !== STREAMS * EVENTS) throw new Error(`${delays.length} events arrived of ${STREAMS * EVENTS}`)
  return delays
}

async function provoke(source: Source, index: number): Promise<void> {
  const response = await source.provoke(index)
  if (!response.ok) throw new Error(`no event was provoked: ${response.status} ${await response.text()}`)
}

async function ask(client: ChildProcess, message: ToClient): Promise<FromClient> {
  const died = once(client, 'exit').then(() => Promise.reject(new Error('the client process ended')))
  const reply = once(client, 'message')
  client.send(message)
  // The client sends nothing else.
  const [answer] = (await Promise.race([reply, died])) as [FromClient]
  return answer
}

async function gatewaySource(bench: Bench, run: number): Promise<Source> {
  const program = await gatewayProgram(bench.folder, `gateway-${run}`)
  const headers = { authorization: `Bearer ${program.token}`, 'content-type': 'application/json' }
  const change = (index: number): string => JSON.stringify({ gateway: { auth: { rateLimit: { maxAttempts: 10 + index } } } })
  return {
    program,
    url: `${program.origin}/xopc/api/events`,
    token: program.token,
    ask: () => fetch(`${program.origin}/xopc/api/status`, { headers }),
    provoke: (index) => fetch(`${program.origin}/xopc/api/config`, { method: 'PATCH', headers, body: change(index) }),
  }
}

async function bareSource(): Promise<Source> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const args = [join(import.meta.dirname, 'bare-sse-server.ts'), String(port)]
  const program = { name: 'bare', command: process.execPath, args, readyUrl: `${origin}/health` }
  return {
    program,
    url: `${origin}/events`,
    token: 'none',
    ask: () => fetch(origin),
    provoke: () => fetch(origin, { method: 'POST' }),
  }
}
