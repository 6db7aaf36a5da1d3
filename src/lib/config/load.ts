import { createHash } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import { lookThrough, readText } from '../system/files.ts'
import { hostNames } from '../system/net.ts'
import { statePaths } from '../system/paths.ts'
import { configErrors } from './errors.ts'
import type { Overrides } from './environment.ts'
import { type Judged, type Surroundings, judge } from './judge.ts'
import { configInvalid } from './problems.ts'
import type { Config } from './schema.ts'

/** Where the configuration is and what wins over it. */
export interface LoadOptions {
  env: NodeJS.ProcessEnv
  /** `--config`; else `XOPC_CONFIG`, else xopc.json in the state folder. */
  path?: string | undefined
  overrides?: Overrides | undefined
}

/** The file and what follows from it. */
export interface Loaded extends Judged {
  path: string
  /** The file as it is; null where there is none. */
  text: string | null
  etag: string
}

/** Where the configuration file is, absolute. Throws `NO_HOME` where neither flag nor environment nor home folder says. */
export function configPath(env: NodeJS.ProcessEnv, given?: string): string {
  return given ? resolve(given) : statePaths(env).config
}

/** Identifies the content of the file, as HTTP's ETag. */
export function etagOf(text: string | null): string {
  return text === null ? '"absent"' : `"${createHash('sha256').update(text).digest('base64url')}"`
}

/** Whatever wins over the file here and now. */
export function surroundings({ env, overrides = {} }: LoadOptions): Surroundings {
  const ownAddresses = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
  return { env, overrides, ownHosts: [...ownAddresses, ...hostNames()] }
}

/** Reads and judges the configuration; a broken one is returned with its problems. Throws `CONFIG_NOT_A_FILE`, `FILE_NOT_READABLE`. */
export async function inspectConfig(options: LoadOptions): Promise<Loaded> {
  const path = configPath(options.env, options.path)
  const text = await readConfigText(path)
  return { path, text, etag: etagOf(text), ...judge(text, surroundings(options)) }
}

/** The file's text; null where there is none. Throws `CONFIG_NOT_A_FILE`, `FILE_NOT_READABLE`. */
export async function readConfigText(path: string): Promise<string | null> {
  const facts = await lookThrough(path)
  // A pipe or a device would block the read or never end.
  if (facts !== null && facts.kind !== 'file') throw configErrors.CONFIG_NOT_A_FILE({ file: path })
  return facts === null ? null : readText(path)
}

/** What it takes to tell whether a configuration can be used. */
type Usable = Pick<Loaded, 'path' | 'config' | 'problems' | 'origins'>

/** The effective configuration of what was loaded. Throws `CONFIG_INVALID` with every problem. */
export function usable({ path, config, problems, origins }: Usable, verdict?: string): Config {
  if (config === null) throw configInvalid(culprit(problems, origins) ?? path, problems, verdict)
  return config
}

/** The flag or variable that alone is to blame; null where the file is. */
function culprit(problems: Loaded['problems'], origins: Loaded['origins']): string | null {
  const [first, ...others] = problems.filter(({ severity }) => severity === 'error')
  const origin = first === undefined || others.length > 0 || first.code === 'CONFIG_DUPLICATE_KEY' ? undefined : origins.get(first.path)
  return origin ?? null
}
