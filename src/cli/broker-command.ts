import { BaseCommand, Flags } from './base-command.ts'
import type { BrokerFolder } from '../lib/broker/folder.ts'
import type { Desk } from '../lib/broker/manage.ts'

/** Which broker of this computer is meant. */
export const folderFlags = {
  dev: Flags.boolean({ summary: 'The one of `xopc broker start --dev`.' }),
  dir: Flags.string({ helpValue: '<folder>', summary: 'The folder of the set, instead of `broker` (`broker-dev`) in the state folder.' }),
}

/** What was typed to name a folder. */
interface Typed {
  dev: boolean
  dir?: string | undefined
}

/** The words that name the same broker in another command, with a space before them. */
export function whereOf({ dev, dir }: Typed): string {
  if (dir !== undefined) return ` --dir ${dir}`
  return dev ? ' --dev' : ''
}

/** A command that acts on the file of a broker, whether it runs or not. */
export abstract class BrokerCommand extends BaseCommand {
  /** The folder that is meant. Throws `NO_HOME`. */
  protected async folder({ dev, dir }: Typed): Promise<BrokerFolder> {
    const [{ brokerFolder }, { statePaths }, { join, resolve }] = await Promise.all([
      import('../lib/broker/folder.ts'),
      import('../lib/system/paths.ts'),
      import('node:path'),
    ])
    if (dir !== undefined) return brokerFolder(resolve(dir))
    return brokerFolder(join(statePaths(process.env).dir, dev ? 'broker-dev' : 'broker'))
  }

  /** Opens the file for one piece of work. Throws `BROKER_NOT_SET_UP`, `BROKER_STORE_BROKEN`, `STATE_NOT_OURS`. */
  protected async withStore<Result>(typed: Typed, work: (desk: Desk) => Result): Promise<Result> {
    const { withStore } = await import('../lib/broker/manage.ts')
    return await withStore(await this.folder(typed), work)
  }
}
