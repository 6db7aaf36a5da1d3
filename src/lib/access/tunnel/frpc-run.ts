import { frpcArgs, frpcConfig } from '../../binaries/frpc-config.ts'
import { frpcEnvironment } from '../../binaries/frpc-environment.ts'
import { type FrpcEvent, frpcEvent } from '../../binaries/frpc-log.ts'
import { prepareFrpc } from '../../binaries/frpc.ts'
import { XopcError } from '../../errors/error.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import { type State, tunnelSocket } from '../../state/store.ts'
import { writeAtomic } from '../../system/files.ts'
import { redact } from '../../system/redact.ts'
import { systemAuthorities } from '../../system/trust.ts'
import type { AccessContext } from '../access-method.ts'
import { tunnelErrors } from './errors.ts'
import { caPath, configPath, removeFiles } from './frpc-files.ts'
import type { Lease } from './lease.ts'

/** How it goes with frpc. `refused`: the server said no, and asking again would not help by itself. */
export type FrpcState = { kind: 'starting' } | { kind: 'serving' } | { kind: 'down' | 'refused'; fault: XopcError }

/** frpc, kept running for one lease. */
export interface FrpcRun {
  state(): FrpcState
  pid(): number | null
  /** Ends it as it stands and starts it anew; `fault` is said meanwhile. */
  restart(fault: XopcError): void
  stop(): Promise<void>
}

/** frpc says "serving" within this, or is started anew (ms): the broker may wait for the end of an older connection of the same lease. */
const READY_MS = 15_000
/** Of several failed starts in a row (ms). Somebody waits in front of a phone, and a start costs little. */
const BACKOFF = { first: 300, most: 2000 } as const
const STOP_MS = 1000
/** So many connections in a row that ended without a word, and frpc is asked to say more: then a certificate that it does not believe shows. */
const UNEXPLAINED = 2

/** Starts it, with its files; `onChange` is told every other state. Throws `FRPC_CONFIG_INVALID`, and what writing files throws. */
export async function startFrpc(context: AccessContext, lease: Lease, program: string, onChange: () => void): Promise<FrpcRun> {
  const { state: folder, log } = context
  await writeFiles(folder, lease, false)
  const server = `${lease.frpc.serverAddr}:${lease.frpc.serverPort}`
  let state: FrpcState = { kind: 'starting' }
  const become = (next: FrpcState): void => {
    const isNew = next.kind !== state.kind || ('fault' in next && 'fault' in state && next.fault.code !== state.fault.code)
    state = next
    if (isNew) onChange()
  }
  let cutOffs = 0
  let noted = ''
  /** What repeats itself for hours is said once. */
  const note = ({ kind, reason }: FrpcEvent): void => {
    const line = `${kind} ${reason}`
    if (line !== noted) log[reason === '' ? 'debug' : 'warn'](`frpc: ${kind}`, { reason: cleanText(reason, 300) })
    noted = line
  }
  const child = context.supervise.start({
    name: 'frpc',
    command: program,
    args: frpcArgs(configPath(folder)),
    env: frpcEnvironment(process.env),
    async before() {
      // It may have been changed or taken away since the last start.
      await prepareFrpc({ state: folder, env: process.env, fetch: false })
      await writeFiles(folder, lease, cutOffs >= UNEXPLAINED)
    },
    // The server may say back what it was told.
    secrets: [lease.tunnelToken, ...(lease.told ?? [])],
    ready: (line) => frpcEvent(line)?.kind === 'serving',
    readyTimeoutMs: READY_MS,
    backoff: BACKOFF,
    onLine(line) {
      const event = frpcEvent(line)
      if (event === null) return
      if (event.kind === 'cut-off') cutOffs += 1
      if (event.kind === 'serving') cutOffs = 0
      if (event.kind !== 'local') become(stateAfter(event, state, { server, port: lease.frpc.serverPort }))
      note(event)
    },
    onEnd(reason, cause) {
      if (cause instanceof XopcError) become({ kind: 'down', fault: cause })
      // One that ends because it was refused has said why already.
      else if (state.kind === 'serving' || state.kind === 'starting')
        become({ kind: 'down', fault: tunnelErrors.TUNNEL_FRPC_ENDED({ reason }) })
    },
  })
  return {
    state: () => state,
    pid: () => child.pid(),
    restart(fault) {
      become({ kind: 'down', fault })
      child.restart()
    },
    async stop() {
      await child.stop(STOP_MS)
      await removeFiles(folder)
    },
  }
}

async function writeFiles(folder: State, { frpc, tls, caPem }: Lease, verbose: boolean): Promise<void> {
  const { authToken: token, ...rest } = frpc
  const caFile = caPath(folder)
  if (tls) await writeAtomic(caFile, caPem ?? systemAuthorities())
  const facts = { ...rest, token, unixPath: tunnelSocket(folder), tls: tls ? { caFile } : null, verbose }
  await writeAtomic(configPath(folder), frpcConfig(facts))
}

function stateAfter(
  { kind, reason: raw, word }: FrpcEvent,
  before: FrpcState,
  { server, port }: { server: string; port: number },
): FrpcState {
  const reason = cleanText(redact(raw), 200) || 'the connection was lost'
  switch (kind) {
    case 'serving':
      return { kind: 'serving' }
    case 'tls':
      return { kind: 'down', fault: tunnelErrors.TUNNEL_SERVER_UNTRUSTED({ server, reason }) }
    case 'login-refused':
    case 'proxy-refused': {
      // What passes by itself: a busy broker, and an older connection of ours that frps has not let go of.
      const passes = word === 'busy' || (kind === 'proxy-refused' && word === null)
      return { kind: passes ? 'down' : 'refused', fault: tunnelErrors.TUNNEL_SERVER_REFUSED({ server, reason }) }
    }
    case 'cut-off': {
      const why = 'it hung up without a word, as what is no frp server does'
      return 'fault' in before ? before : { kind: 'down', fault: tunnelErrors.TUNNEL_SERVER_UNREACHABLE({ server, port, reason: why }) }
    }
    case 'unreachable':
    case 'lost':
      return { kind: 'down', fault: tunnelErrors.TUNNEL_SERVER_UNREACHABLE({ server, port, reason }) }
    default:
      // It connects anew: whatever it was before, visitors do not come through now.
      return before.kind === 'serving' ? { kind: 'down', fault: tunnelErrors.TUNNEL_SERVER_UNREACHABLE({ server, port, reason }) } : before
  }
}
