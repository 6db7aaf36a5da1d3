import { createClient } from '../lib/client/xopc-client.ts'
import { openRemoteGateway, type RemoteGateway } from '../lib/remote/remote-gateway.ts'
import { type Place, type RemoteSettings, settingsFor, typedName } from '../lib/remote/target.ts'
import type { State } from '../lib/state/store.ts'
import { cliErrors } from './errors.ts'
import { keepAddresses } from './keep-addresses.ts'
import { type MeetOptions, meetGateway } from './meet.ts'

/** What `xopc remote use` is told. */
export interface RemoteUse extends MeetOptions {
  place: Place
  /** Given with the command or its environment; null where none was. */
  credential: string | null
  /** What is saved for the same place already. */
  kept: string | null
  env: NodeJS.ProcessEnv
  state: State
}

/** What was found there, and what is to be saved of it. */
export interface Used {
  remote: RemoteGateway
  settings: RemoteSettings
}

/** Reaches the gateway, proves it, and sees that commands work there. Throws `TOKEN_NEEDED`, what `openRemoteGateway` throws, and what the gateway answers. */
export async function tryRemote(use: RemoteUse): Promise<Used> {
  const given = use.credential ?? use.kept
  const first = await reach(use, given)
  const isReady = first.way.isOwners || given !== null
  if (!isReady) first.close()
  const credential = first.way.isOwners ? null : (given ?? (await askFor(use)))
  const remote = isReady ? first : await reach(use, credential)
  const xopc = createClient(remote.transport)
  const { url } = await xopc.status()
  await keepAddresses(remote)
  return { remote, settings: settingsFor(use.place, { url, credential }) }
}

async function reach(use: RemoteUse, credential: string | null): Promise<RemoteGateway> {
  const { place, state, env } = use
  const target = { place, from: 'xopc remote use', credential, publicKey: null }
  return await openRemoteGateway({ target, state, env, meet: async (meeting) => await meetGateway(meeting, use) })
}

async function askFor({ place, interactive }: RemoteUse): Promise<string> {
  if (!interactive) throw cliErrors.TOKEN_NEEDED({ place: typedName(place) })
  const { askSecret } = await import('./ask-secret.ts')
  return await askSecret('Its token (over there: xopc gateway token --show):')
}

/** The settings as one edit of the file: what is not among them is taken out. Pure. */
export function editsFor(settings: RemoteSettings): Record<string, string | null> {
  const names = ['url', 'transport', 'sshTarget', 'sshIdentity', 'token', 'password', 'publicKey'] as const
  return { 'gateway.mode': 'remote', ...Object.fromEntries(names.map((name) => [`gateway.remote.${name}`, settings[name] ?? null])) }
}
