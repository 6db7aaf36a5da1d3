import { BaseCommand } from '../../cli/base-command.ts'
import { askWhatGatewayTook, describeTaken } from '../../cli/gateway-took.ts'
import type { ConfigChange } from '../../lib/protocol/http-api.ts'

/** Opens a copy of the configuration in an editor and takes it over when it is good. */
export default class ConfigEdit extends BaseCommand {
  static override summary = 'Open the configuration in your editor (VISUAL, EDITOR); what you save is checked before it counts.'

  async run(): Promise<ConfigChange | { changed: false }> {
    await this.parse(ConfigEdit)
    const [{ beginHandEdit }, { editorOf }, { viewOf }, { runInTerminal }] = await Promise.all([
      import('../../lib/config/hand-edit.ts'),
      import('../../lib/config/editor.ts'),
      import('../../lib/config/view.ts'),
      import('../../lib/system/process.ts'),
    ])
    const editor = editorOf(process.env, this.terminal.interactive)
    const pending = await beginHandEdit({ env: process.env, path: this.configPath() })
    const { code, signal } = await runInTerminal(editor.program, [...editor.args, pending.copy]).catch(async (error: unknown) => {
      // It never started, so this takes the copy away.
      await pending.finish()
      throw error
    })
    if (code !== 0) return pending.abandon(editor.program, signal === null ? `failed (exit code ${code})` : `was ended by ${signal}`)
    const edited = await pending.finish()
    if (edited === null) {
      this.out('Nothing was changed.')
      return { changed: false }
    }
    const reload = await askWhatGatewayTook(process.env, edited.path)
    this.out(
      `Saved ${edited.path}.`,
      ...describeTaken([...(reload?.applied ?? []), ...(reload?.rebound ?? []), ...(reload?.restartNeeded ?? [])], reload),
    )
    return { ...viewOf(edited), reload }
  }
}
