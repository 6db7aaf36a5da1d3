import { BaseCommand } from '../../cli/base-command.ts'
import type { ConfigProblem } from '../../lib/protocol/http-api.ts'

/** Says everything that is wrong in the configuration, with line and key. */
export default class ConfigValidate extends BaseCommand {
  static override summary = 'Say everything that is wrong in the configuration, with line and key. Exit code 3 where something is.'

  async run(): Promise<{ path: string; ok: boolean; problems: ConfigProblem[] }> {
    await this.parse(ConfigValidate)
    const { inspectConfig } = await import('../../lib/config/load.ts')
    const { path, config, problems } = await inspectConfig({ env: process.env, path: this.configPath() })
    for (const problem of problems) this.out(...describe(path, problem))
    if (config === null) process.exitCode = 3
    else this.out(`${path} is good.`)
    return { path, ok: config !== null, problems }
  }
}

function describe(path: string, { line, column, severity, message, hint, code }: ConfigProblem): string[] {
  const place = line === null ? path : `${path}:${line}:${column ?? 1}`
  return [`${place}: ${severity}: ${message} (${code})`, ...(hint === undefined ? [] : [`  ${hint}`])]
}
