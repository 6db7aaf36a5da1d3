/** A program for tests: adds and revokes devices without end, and says the names of those that are certainly saved. */
import { openDevices } from '../../../src/lib/identity/devices.ts'
import { systemClock } from '../../../src/lib/system/clock.ts'
import { silentLog } from '../../../src/lib/system/log.ts'

const [path = ''] = process.argv.slice(2)
const devices = await openDevices({ state: { paths: { devices: path } }, clock: systemClock, log: silentLog })
for (let n = 0; ; n++) {
  const name = `${process.pid}-${n}`
  const { record, token } = await devices.add({ name, platform: 'x'.repeat(200), kind: 'app', scopes: ['read'], baseUrl: null })
  process.stdout.write(`added ${token}\n`)
  if (n % 3 !== 2) continue
  process.stdout.write(`revoking ${token}\n`)
  await devices.revoke(record.id)
  process.stdout.write(`revoked ${token}\n`)
}
