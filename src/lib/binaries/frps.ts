import { XopcError } from '../errors/error.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { findProgram } from '../system/find-program.ts'
import { withoutOurs } from '../system/own-variables.ts'
import { run } from '../system/process.ts'
import { binaryErrors } from './errors.ts'
import { FRP_NEEDED, isSafeFrp } from './frp-version.ts'

/** The `frps` of this computer, in a version that may stand in the internet. */
export interface Frps {
  /** Its path. */
  readonly program: string
  /** `0.71.0`. */
  readonly version: string
}

/** Finds it: `XOPC_FRPS_PATH`, else PATH. Throws `FRPS_MISSING`, `FRPS_TOO_OLD`, `PROGRAM_TIMEOUT`, `PROGRAM_NOT_STARTED`. */
export async function findFrps(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Frps> {
  const wanted = env['XOPC_FRPS_PATH'] || 'frps'
  const program = await findProgram(wanted, env).catch((error: unknown) => {
    if (error instanceof XopcError && error.code === 'PROGRAM_NOT_FOUND')
      throw binaryErrors.FRPS_MISSING({ program: wanted }, { cause: error })
    throw error
  })
  const options = { env: withoutOurs(env), ...(signal !== undefined && { signal }) }
  const { stdout } = await run(program, ['--version'], options)
  const version = cleanText(stdout.split('\n')[0] ?? '', 60)
  if (!isSafeFrp(version))
    throw binaryErrors.FRPS_TOO_OLD({ version: version === '' ? 'it does not say its version' : version, needed: FRP_NEEDED })
  return { program, version }
}

/** What it is started with. Pure. */
export function frpsArgs(configPath: string): string[] {
  return ['-c', configPath]
}

/** Whether a line of its output says that gateways can come. Pure. */
export function isFrpsReady(line: string): boolean {
  return line.includes('frps started successfully')
}
