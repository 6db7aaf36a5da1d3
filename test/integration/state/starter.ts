/**
 * A program for tests: for each state folder that it reads on a line, it starts like a gateway up to the lock and says how that went. It keeps
 * what it got until it ends.
 */
import { createInterface } from 'node:readline'
import { openIdentity } from '../../../src/lib/identity/keypair.ts'
import { acquireLock } from '../../../src/lib/state/lock.ts'
import { openState } from '../../../src/lib/state/store.ts'

for await (const dir of createInterface({ input: process.stdin })) {
  try {
    const state = await openState({ XOPC_STATE_DIR: dir })
    const [, signer] = [await acquireLock(state, { url: `http://127.0.0.1:${process.pid}`, version: '0' }), await openIdentity(state.paths)]
    console.log(`won ${signer.publicKey}`)
  } catch (error) {
    console.log(error instanceof Error && 'code' in error ? error.code : error)
  }
}
