import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from '../../support/cleanup.ts'
import { type GatewayOptions, type RunningGateway, startGateway, xopc } from '../../support/gateway.ts'
import { type Ran, run, type RunOptions } from '../../support/run.ts'
import { type Sshd, type SshdOptions, startSshd } from '../../support/sshd.ts'
import { type Running, startXopc } from '../cli/running.ts'

/** A computer elsewhere, as far as ssh can tell: whoever signs in has a home of their own, where its gateway keeps its state. */
export interface FarSide {
  readonly sshd: Sshd
  readonly home: string
  readonly gateway: RunningGateway
}

/** A computer that has xopc and ssh, and a state folder of its own. */
export interface Laptop {
  readonly stateDir: string
  xopc(args: readonly string[], options?: RunOptions): Promise<Ran>
  /** The same with `--json`: what it printed. Throws what it said where it did not end with 0. */
  json<T>(args: readonly string[], options?: RunOptions): Promise<T>
  /** Starts a command that goes on. */
  start(args: readonly string[]): Running
  /** Processes of ssh whose connection its commands share. */
  masters(): Promise<number[]>
  /** `xopc remote use`. Throws what it said where it did not end with 0. */
  use(target: string, ...more: string[]): Promise<Ran>
}

/** Starts sshd and a gateway behind it; both end after the last test of the file. Needs the peers `sshd` and `own-hosts`. */
export async function startFarSide(
  sshdPath: string,
  options: { sshd?: SshdOptions; shell?: string; gateway?: GatewayOptions } = {},
): Promise<FarSide> {
  const home = await tempFolder()
  const login = { home, ...(options.shell === undefined ? {} : { shell: options.shell }) }
  const [sshd, gateway] = await Promise.all([
    startSshd(sshdPath, { ...options.sshd, login }),
    startGateway({ stateDir: join(home, '.xopc'), ...options.gateway }),
  ])
  return { sshd, home, gateway }
}

/** A laptop with nothing on it but what its ssh needs. `stateDir`: the folder of a gateway that runs there, or one with a name of its own. */
export async function laptopWith(
  { ssh }: Pick<Sshd, 'ssh'>,
  options: { stateDir?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Laptop> {
  const stateDir = options.stateDir ?? (await tempFolder())
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const env = { XOPC_SSH_PATH: ssh, ...options.env }
  const ran = async (args: readonly string[], more: RunOptions = {}) =>
    await xopc(args, { timeoutMs: 60_000, ...more, stateDir, env: { ...env, ...more.env } })
  return {
    stateDir,
    xopc: ran,
    async json<T>(args: readonly string[], more?: RunOptions) {
      // `as`: the test's own subject, whose fields it compares.
      return JSON.parse(done(args, await ran([...args, '--json'], more)).stdout) as T
    },
    start: (args) => startXopc(args, { stateDir, env }),
    masters: async () => await mastersIn(stateDir),
    use: async (target, ...more) => done(['remote', 'use', target], await ran(['remote', 'use', `ssh://${target}`, ...more])),
  }
}

/** Processes of ssh whose shared connection has its socket below a folder: ssh says so in its title. */
export async function mastersIn(folder: string): Promise<number[]> {
  const { stdout } = await run(['ps', '-eo', 'pid=,args='])
  return stdout.split('\n').flatMap((line) => (line.includes(` ssh: ${folder}/`) ? [Number.parseInt(line.trim(), 10)] : []))
}

/** What a command did that had to work. Throws what it said otherwise. */
export function done(args: readonly string[], ran: Ran): Ran {
  if (ran.code !== 0) throw new Error(`xopc ${args.join(' ')} ended with ${ran.code}: ${ran.stdout}${ran.stderr}`)
  return ran
}
