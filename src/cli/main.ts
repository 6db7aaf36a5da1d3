import { Config } from '@oclif/core/config'
import { getHelpFlagAdditions, loadHelpClass, normalizeArgv } from '@oclif/core/help'
import type { Interfaces } from '@oclif/core'
import { settings } from '@oclif/core/settings'
import { toFailure } from './failure.ts'
import { errorJson, renderError } from './render/errors.ts'
import { unknownCommand } from './unknown-command.ts'

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

/** Runs one command and ends the process with its exit code. Never throws. */
export async function main(start: Start): Promise<void> {
  process.stdout.on('error', endOnBrokenPipe)
  process.stderr.on('error', endOnBrokenPipe)
  const code = await run(start).catch((error: unknown) => report(error, start))
  await drained(process.stdout)
  process.exit(code)
}

async function run(start: Start): Promise<number> {
  settings.enableAutoTranspile = false
  const config = await Config.load({
    root: start.root,
    pjson: start.pjson,
    userPlugins: false,
    devPlugins: false,
    ...(start.development ? { ignoreManifest: true } : {}),
  })
  const [id = '', ...rest] = normalizeArgv(config, start.argv)
  if (wantsHelp(config, start.argv)) return showHelp(config, start.argv)
  const command = config.findCommand(id)
  if (command) await config.runCommand(id, rest, command)
  else if (config.findTopic(id)) return showHelp(config, [id])
  else throw unknownCommand(id, config)
  return Number(process.exitCode ?? 0)
}

async function showHelp(config: Config, argv: string[]): Promise<number> {
  const Help = await loadHelpClass(config)
  await new Help(config, config.pjson.oclif.helpOptions).showHelp(argv)
  return 0
}

function wantsHelp(config: Config, argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const own = end === -1 ? argv : argv.slice(0, end)
  return argv.length === 0 || own.some((word) => getHelpFlagAdditions(config).includes(word))
}

async function report(error: unknown, start: Start): Promise<number> {
  const { gatewayLog } = (await import('../lib/system/paths.ts')).statePaths(process.env)
  const failure = toFailure(error, { command: commandWords(start.argv), log: gatewayLog })
  if (failure.info === null) return failure.exit
  if (asksForJson(start.argv)) process.stdout.write(errorJson(failure.info))
  else process.stderr.write(renderError(failure.info))
  return failure.exit
}

/** The words before the first flag: enough to name the command whose help is meant. */
function commandWords(argv: readonly string[]): string {
  const end = argv.findIndex((word) => word.startsWith('-'))
  return (end === -1 ? argv : argv.slice(0, end)).filter((word) => /^[a-z-]+$/.test(word)).join(' ')
}

function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json')
}

/** `xopc … | head`: the reader has what it wanted. */
function endOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
}

/** Output to a pipe may still be on its way when the command is done. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve()
    else stream.write('', () => resolve())
  })
}
