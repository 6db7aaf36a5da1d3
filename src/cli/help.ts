import { loadHelpClass } from '@oclif/core/help'
import type { Config } from '@oclif/core/config'

/** Prints the help of the whole program, a topic or a command. Throws oclif's error for words that are none of these. */
export async function showHelp(config: Config, words: string[]): Promise<void> {
  const Help = await loadHelpClass(config)
  await new Help(config, config.pjson.oclif.helpOptions).showHelp(words)
}
