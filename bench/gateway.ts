import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type Program } from './servers.ts'

/** The launcher that people run. */
export const launcher = join(import.meta.dirname, '..', 'bin', 'run.js')

/** A gateway to start, and how to speak to it. */
export interface GatewayProgram extends Program {
  origin: string
  token: string
  env: NodeJS.ProcessEnv
}

/** An environment for xopc: state and compile cache in folders of their own, nothing of the person's settings. */
export function xopcEnv(folder: string, stateName: string): NodeJS.ProcessEnv {
  const { PATH, LANG } = process.env
  return { PATH, LANG, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), XOPC_STATE_DIR: join(folder, stateName) }
}

/** A gateway with a state folder and a token of its own on a free port. */
export async function gatewayProgram(
  folder: string,
  name: string,
  options: { upstream?: string; core?: number } = {},
): Promise<GatewayProgram> {
  const port = await freePort()
  const token = randomBytes(24).toString('hex')
  const env = xopcEnv(folder, name)
  const state = join(folder, name)
  mkdirSync(state, { mode: 0o700 })
  writeFileSync(join(state, 'xopc.json'), `${JSON.stringify({ gateway: { port, auth: { mode: 'token', token } } }, null, 2)}\n`, {
    mode: 0o600,
  })
  const upstream = options.upstream === undefined ? [] : ['--upstream', options.upstream]
  const origin = `http://127.0.0.1:${port}`
  return {
    name,
    command: process.execPath,
    args: [launcher, 'gateway', ...upstream],
    env,
    readyUrl: `${origin}/health`,
    core: options.core,
    origin,
    token,
  }
}
