import type { ConfigView } from '../protocol/http-api.ts'
import type { Loaded } from './load.ts'
import { configInvalid } from './problems.ts'
import { maskSecrets } from './secrets.ts'

/** The file as it is, secrets masked, with its ETag and what wins over it. Throws `CONFIG_INVALID` where it cannot be read as an object. */
export function viewOf({
  path,
  etag,
  source,
  problems,
  origins,
}: Pick<Loaded, 'path' | 'etag' | 'source' | 'problems' | 'origins'>): ConfigView {
  if (source.values === null) throw configInvalid(path, problems)
  return { path, etag, config: maskSecrets(source.values), origins: Object.fromEntries(origins) }
}
