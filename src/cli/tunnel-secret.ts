import type { ConfigReload } from '../lib/protocol/http-api.ts'
import { askWhatGatewayTook, describeTaken } from './gateway-took.ts'

const KEY = 'tunnel.registrationSecret'

/** Saves the registration secret on this computer, or forgets it (`null`), and says what became of it. Throws what editing throws. */
export async function saveRegistrationSecret(
  secret: string | null,
  { env, path }: { env: NodeJS.ProcessEnv; path: string | undefined },
): Promise<{ path: string; lines: string[]; reload: ConfigReload | null; origin: string | null }> {
  const { editConfig } = await import('../lib/config/edit.ts')
  const edited = await editConfig({ env, path, edits: { [KEY]: secret } })
  const reload = await askWhatGatewayTook(env, edited.path)
  return { path: edited.path, lines: describeTaken([KEY], reload), reload, origin: edited.origins.get(KEY) ?? null }
}
