import { Config } from '@oclif/core/config'
import { getHelpFlagAdditions, normalizeArgv } from '@oclif/core/help'
import type { Interfaces } from '@oclif/core'
import { settings } from '@oclif/core/settings'
import type { BaseCommand } from './base-command.ts'

/** What `bin/run.js` and `bin/dev.js` hand over. */
export interface Start {
  /** Words after `xopc`. */
  argv: string[]
  /** The package's folder. */
  root: string
  pjson: Interfaces.PJSON
  /** Run from the sources: look for commands instead of trusting the manifest. */
  development?: boolean
}

/** Runs one command by oclif; resolves with the exit code. Throws what the command throws. */
export async function runCommand(start: Start): Promise<number> {
  // Commands are never compiled on the way: they are built, or Node strips the types of the sources.
  settings.enableAutoTranspile = false
  const own = await load(start, [])
  const [id = '', ...rest] = normalizeArgv(own, start.argv)
  const command = wantsHelp(own, start.argv) || id === 'help' ? undefined : own.findCommand(id)
  if (command === undefined) return runUncommon(start)
  // `as`: without plugins every command is ours.
  const Ours = (await command.load()) as unknown as new (argv: string[], config: Config) => BaseCommand
  // Not config.runCommand: it would load the configuration of oclif a second time.
  await new Ours(rest, own).execute()
  return Number(process.exitCode ?? 0)
}

/** Help, the plugins' commands and words that are none: only these pay for loading the plugins. */
async function runUncommon(start: Start): Promise<number> {
  const config = await load(start, start.pjson.oclif.plugins ?? [])
  if (wantsHelp(config, start.argv)) return help(config, start.argv)
  const [id = '', ...rest] = normalizeArgv(config, start.argv)
  const command = config.findCommand(id)
  if (command === undefined && config.findTopic(id) !== undefined) return help(config, [id])
  if (command === undefined) throw await (await import('./unknown-command.ts')).unknownCommand(id, config)
  await config.runCommand(id, rest, command)
  return Number(process.exitCode ?? 0)
}

async function load({ root, pjson, development = false }: Start, plugins: Interfaces.PJSON['oclif']['plugins'] = []): Promise<Config> {
  const ours = { ...pjson, oclif: { ...pjson.oclif, plugins } }
  return Config.load({ root, pjson: ours, userPlugins: false, devPlugins: false, logger: silent, ignoreManifest: development })
}

/** oclif's own tracing loads a package at every start. */
const silent: Interfaces.Logger = {
  namespace: 'oclif',
  child: () => silent,
  debug() {},
  error() {},
  info() {},
  trace() {},
  warn() {},
}

async function help(config: Config, words: string[]): Promise<number> {
  const { showHelp } = await import('./help.ts')
  await showHelp(config, words)
  return 0
}

function wantsHelp(config: Config, argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const own = end === -1 ? argv : argv.slice(0, end)
  return argv.length === 0 || own.some((word) => getHelpFlagAdditions(config).includes(word))
}
