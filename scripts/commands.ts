import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Interfaces } from '@oclif/core'
import type { Command } from '@oclif/core/command'
import { Config } from '@oclif/core/config'
import { settings } from '@oclif/core/settings'

const root = join(import.meta.dirname, '..')

/** Our package.json. */
export function packageJson(): Interfaces.PJSON {
  // `as`: oclif's type of the file that is written for oclif.
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Interfaces.PJSON
}

/** Our commands as their sources declare them, sorted by id; those of plugins and ways of calling by an alias are not among them. */
export async function loadCommands(): Promise<Command.Cached[]> {
  settings.enableAutoTranspile = false
  const pjson = packageJson()
  const ours = { ...pjson, oclif: { ...pjson.oclif, plugins: [], commands: './src/commands' } }
  const config = await Config.load({ root, pjson: ours, ignoreManifest: true, userPlugins: false, devPlugins: false })
  const commands = config.getPluginsList().flatMap((plugin) => plugin.commands.map(withoutLoader))
  return commands.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

function withoutLoader({ load: _load, ...command }: Command.Loadable): Command.Cached {
  return command
}
