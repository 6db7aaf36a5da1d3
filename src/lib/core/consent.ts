import type { ConfigStore } from '../config/watch.ts'
import type { AccessId } from '../protocol/http-api.ts'
import { coreErrors } from './errors.ts'
import { definitionOf } from './intents.ts'

/** That a person agreed, to which text and when (ISO 8601). */
export interface Consented {
  version: string
  acceptedAt: string
}

/** Records that a person agreed to strangers by this method. Throws `CONSENT_NOT_ASKED`, `CONSENT_OUTDATED`, and what editing throws. */
export async function recordConsent(store: ConfigStore, id: AccessId, version: string): Promise<Consented> {
  const { consent } = definitionOf(id)
  if (consent === undefined) throw coreErrors.CONSENT_NOT_ASKED({ id })
  if (version !== consent.text.version) throw coreErrors.CONSENT_OUTDATED({ version: consent.text.version })
  const acceptedAt = new Date().toISOString()
  await store.edit(consent.settings(acceptedAt))
  return { version, acceptedAt }
}
