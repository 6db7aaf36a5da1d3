import { spawnSync } from 'node:child_process'
import { figure, type Bench } from './figure.ts'
import { gatewayProgram, launcher, type GatewayProgram } from './gateway.ts'
import { interleave, median, timeNode } from './measure.ts'
import { findPeer, nginxFront } from './peers.ts'
import type { Row } from './table.ts'

const ROUNDS = 15
/** Three events, 300 ms apart: no test of streaming can be shorter. */
const STREAM_MS = 600

await figure(`Staged test of a healthy way through nginx, whole command; median of ${ROUNDS}, interleaved`, async (bench) => {
  const [nginx, curl] = [findPeer('nginx'), findPeer('curl')]
  if (nginx === null || curl === null) {
    bench.missing(`${nginx === null ? 'nginx' : 'curl'} is not installed: test/peers/install nginx curl`)
    return []
  }
  const gateway = await gatewayProgram(bench.folder, 'tested')
  await bench.start(gateway)
  const { port } = new URL(await front(bench, gateway))
  // A name below localhost needs no resolver and no certificate; the gateway signs it for its own tests.
  const url = `http://gateway.localhost:${port}`
  const { ours, theirs } = await interleave(
    { rounds: ROUNDS, warmUp: 2 },
    {
      ours: () => timeNode([launcher, 'proxy', 'test', url, '--json'], gateway.env, /"ok": ?true/),
      theirs: () => timeStream(curl.path, url, gateway.token),
    },
  )
  bench.note(`Of both, ${STREAM_MS} ms are the stream itself: three events that are sent 300 ms apart.`)
  const peer = `${curl.label} reading the same stream`
  return [
    {
      what: 'xopc proxy test, nine stages',
      xopc: median(ours),
      peer,
      theirs: median(theirs),
      unit: 'ms',
      goal: { of: 'xopc', atMost: 3000 },
    },
  ] satisfies Row[]

  async function front({ folder, start }: Bench, { origin }: GatewayProgram): Promise<string> {
    const program = await nginxFront(nginx ?? { path: '', label: '' }, folder, origin)
    await start({ ...program, readyUrl: `${program.origin}/health` })
    return program.origin
  }
})

/** Milliseconds of reading the probe's stream to its end. Throws where it did not come whole. */
function timeStream(curl: string, url: string, token: string): number {
  const start = performance.now()
  const args = ['-sSN', '-m', '20', '-H', `Authorization: Bearer ${token}`, `${url}/xopc/api/probe/stream`]
  const { status, stdout, stderr } = spawnSync(curl, args, { encoding: 'utf8', timeout: 30_000 })
  if (status !== 0 || (stdout.match(/^data:/gm) ?? []).length !== 3) throw new Error(`curl ended with ${status}:\n${stdout}${stderr}`)
  return performance.now() - start
}
