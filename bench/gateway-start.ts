import { setTimeout as sleep } from 'node:timers/promises'
import { figure, type Bench } from './figure.ts'
import { gatewayProgram } from './gateway.ts'
import { interleave, median, residentBytes } from './measure.ts'
import { freePort, type Program } from './servers.ts'

const ROUNDS = 15
/** From the first answer to the look at its memory. */
const IDLE_MS = 2_000
const MIB = 1024 * 1024

/** The least that Node can do. Plain JavaScript, so that it does not pay for types. */
const BARE_SERVER = `
import { createServer } from 'node:http'
createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}')
}).listen(Number(process.argv[1]), '127.0.0.1')`

interface Start {
  ms: number
  idle: number
}

await figure(`Gateway start: spawn to the first /health, then idle memory; median of ${ROUNDS}, interleaved`, async (bench) => {
  const gateway = await gatewayProgram(bench.folder, 'gateway')
  const bare = await bareServer()
  const { ours, theirs } = await interleave(
    { rounds: ROUNDS, warmUp: 1 },
    { ours: () => startOnce(bench, gateway), theirs: () => startOnce(bench, bare) },
  )
  const of = (starts: Start[], key: keyof Start): number => median(starts.map((start) => start[key]))
  const peer = 'bare node:http server'
  return [
    { what: 'first /health', xopc: of(ours, 'ms'), peer, theirs: of(theirs, 'ms'), unit: 'ms', goal: { of: 'ratio', atMost: 4 } },
    { what: 'idle memory (RSS)', xopc: of(ours, 'idle'), peer, theirs: of(theirs, 'idle'), unit: 'MiB', goal: { of: 'xopc', atMost: 80 } },
  ]
})

async function startOnce(bench: Bench, program: Program): Promise<Start> {
  const server = await bench.start(program)
  await sleep(IDLE_MS)
  const idle = residentBytes(server.pid) / MIB
  await server.stop()
  return { ms: server.readyMs, idle }
}

async function bareServer(): Promise<Program> {
  const port = await freePort()
  const args = ['--input-type=module', '-e', BARE_SERVER, String(port)]
  return { name: 'bare', command: process.execPath, args, readyUrl: `http://127.0.0.1:${port}/health` }
}
