/** A program for tests: keeps so many gateways, each at a place of its own, in the state folder of its environment. */
import { changeKnownGateway } from '../../../src/lib/state/known-gateways.ts'
import { openState } from '../../../src/lib/state/store.ts'

const [name = '', times] = process.argv.slice(2)
const state = await openState(process.env)
const now = new Date().toISOString()
for (let n = 0; n < Number(times); n++) {
  const origin = `https://${name}-${n}.example`
  const known = { origin, gatewayId: name, publicKey: 'k'.repeat(43), urls: [], lastGood: null, firstSeen: now, lastSeen: now }
  await changeKnownGateway(state, origin, () => known)
}
