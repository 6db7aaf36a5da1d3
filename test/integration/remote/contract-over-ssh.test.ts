import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll } from 'vitest'
import { readSshTarget } from '../../../src/lib/binaries/ssh-target.ts'
import type { Transport } from '../../../src/lib/client/transport.ts'
import { openRemoteGateway } from '../../../src/lib/remote/remote-gateway.ts'
import { acquireLock } from '../../../src/lib/state/lock.ts'
import { openState } from '../../../src/lib/state/store.ts'
import { reachBy, type Standing } from '../../contract/house.ts'
import { describeDevices, describePairing } from '../../contract/pairing.contract.ts'
import { describeRunning, describeXopc } from '../../contract/xopc.contract.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { type Sshd, startSshd } from '../../support/sshd.ts'

// The suite of every Xopc, through a real sshd. It belongs here and not beside the others because it needs that program.
//
// ssh finds the gateway by `.xopc/run/gateway.json` in the home of whoever signs in, and the tests sign in as their own user. So this sshd runs
// with a list of users of its own, where that user's home is a folder of the test; `.xopc` in it leads to the house that is asked.
needsPeer(['sshd', 'own-hosts'], 'over ssh', (sshdPath) => {
  let [sshd, home, laptop]: [Sshd, string, string] = [undefined as never, '', '']
  beforeAll(async () => {
    ;[home, laptop] = [await tempFolder(), await tempFolder()]
    sshd = await startSshd(sshdPath, { login: { home } })
  })

  async function reach({ url, publicKey }: Standing, way: { url: string | null; token: string | null }): Promise<Transport> {
    const env = { ...process.env, XOPC_STATE_DIR: laptop, XOPC_SSH_PATH: sshd.ssh }
    const target = {
      place: { kind: 'ssh' as const, target: readSshTarget(sshd.target), identity: null, url: way.url },
      from: 'the test',
      credential: way.token,
      // Every house has a key of its own, and nothing but that one will do.
      publicKey,
    }
    const meet = async () => await Promise.reject(new Error(`${url} is known by its key`))
    const { transport, way: taken } = await openRemoteGateway({ target, state: await openState(env), env, meet })
    if (taken.isOwners !== (way.token === null)) throw new Error(`the way is not the one that is meant: ${JSON.stringify(taken)}`)
    return transport
  }

  reachBy('client by ssh', async (standing) => {
    await acquireLock(standing.state, { url: standing.url, version: '0.0.0-contract' })
    await rm(join(home, '.xopc'), { force: true })
    await symlink(standing.state.paths.dir, join(home, '.xopc'))
    return await reach(standing, { url: null, token: null })
  })

  reachBy('client by ssh to the port', async (standing) => {
    await rm(join(home, '.xopc'), { force: true })
    return await reach(standing, { url: standing.url, token: standing.token })
  })

  for (const kind of ['client by ssh', 'client by ssh to the port'] as const) {
    describeXopc(kind)
    describeRunning(kind)
    describeDevices(kind)
    describePairing(kind)
  }
})
