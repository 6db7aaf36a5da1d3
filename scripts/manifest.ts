import { readFileSync, writeFileSync } from 'node:fs'
import { Config } from '@oclif/core/config'
import { settings } from '@oclif/core/settings'

/**
 * Makes oclif.manifest.json from the commands' sources, so that a start reads one file instead of every command. `--check` writes nothing
 * and exits 1 where the file is not what the sources give.
 */
const root = new URL('..', import.meta.url).pathname
const target = `${root}oclif.manifest.json`
const pjson = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

settings.enableAutoTranspile = false
const config = await Config.load({
  root,
  pjson: { ...pjson, oclif: { ...pjson.oclif, plugins: [], commands: './src/commands' } },
  ignoreManifest: true,
  userPlugins: false,
  devPlugins: false,
})
const commands = config.commands.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ load: _load, ...command }) => command)
const manifest = { commands: Object.fromEntries(commands.map((command) => [command.id, built(command)])), version: pjson.version }
const text = `${JSON.stringify(manifest, null, 2)}\n`

if (!process.argv.includes('--check')) writeFileSync(target, text)
else if (readFileSync(target, 'utf8') !== text) {
  console.error('oclif.manifest.json is not what the commands say: type `npm run manifest`.')
  process.exitCode = 1
}

/** What is read from src/ runs from dist/. */
function built<Command extends { relativePath?: string[] | undefined }>(command: Command): Command {
  const relativePath = command.relativePath?.map((part, index) => (index === 0 ? 'dist' : part.replace(/\.ts$/, '.js')))
  return { ...command, relativePath }
}
