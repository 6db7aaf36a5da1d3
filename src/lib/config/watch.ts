import type { ConfigChange, ConfigReload, ConfigView } from '../protocol/http-api.ts'
import type { Config } from './schema.ts'

/** New values by config path (`gateway.port`); `null` removes the key. */
export type ConfigEdits = Readonly<Record<string, unknown>>

/** A change that took effect. */
export interface ConfigEvent {
  before: Config
  after: Config
  reload: ConfigReload
}

/** The configuration of a running gateway (or, with hotReload off, of the offline CLI). */
export interface ConfigStore {
  /** The file, links followed only when it is read or written. */
  readonly path: string
  /** The effective configuration: file, environment and flags, validated, defaults filled in. */
  current(): Config
  /** The file as it is, secrets masked, with its ETag. */
  view(): Promise<ConfigView>
  /** One edit of the file by the one writer's protocol, then reload. A mask (12 bullets) sent back changes nothing. */
  edit(edits: ConfigEdits, options?: { ifMatch?: string; refuseEnvReferences?: boolean }): Promise<ConfigChange>
  /** Reads the file again; a broken one keeps the running configuration. */
  reload(): Promise<ConfigReload>
  /** Called after each change that took effect; listeners are awaited in order before `edit` and `reload` return. Returns the way to unsubscribe. */
  subscribe(listener: (event: ConfigEvent) => void | Promise<void>): () => void
  /** Called with every reload, also one that failed. */
  onReload(listener: (reload: ConfigReload) => void): () => void
  close(): Promise<void>
}
