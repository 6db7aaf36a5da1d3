import type { Start } from './run-command.ts'

/** Runs one command and ends the process with its exit code. Never throws. */
export async function main(start: Start): Promise<void> {
  process.stdout.on('error', endOnBrokenPipe)
  process.stderr.on('error', endOnBrokenPipe)
  const code = await run(start).catch((error: unknown) => report(error, start))
  await drained(process.stdout)
  process.exit(code)
}

async function run(start: Start): Promise<number> {
  if (isPlainStatus(start.argv)) return (await import('./plain-status.ts')).runPlainStatus(start.argv)
  const { runCommand } = await import('./run-command.ts')
  return runCommand(start)
}

/**
 * `xopc status` with nothing that needs a parser. It is what scripts and prompts ask all the time, and without oclif it takes two thirds of
 * the time (docs/decisions/003-build-time-patches.md).
 */
function isPlainStatus([command, ...rest]: readonly string[]): boolean {
  return command === 'status' && rest.every((word) => word === '--json' || word === '--check')
}

async function report(error: unknown, { argv }: Start): Promise<number> {
  const { reportFailure } = await import('./report.ts')
  return reportFailure(error, { words: argv, env: process.env, json: asksForJson(argv) })
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
