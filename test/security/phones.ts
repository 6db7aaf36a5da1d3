import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Scope } from '../../src/lib/protocol/http-api.ts'
import type { Joined, PairingCode } from '../../src/lib/protocol/pairing-api.ts'
import { readAppLink } from '../../src/lib/protocol/pairing-link.ts'
import type { Answer, Door, House } from './doors.ts'

const JSON_LINE = 'Content-Type: application/json'

/** A request with a JSON body, as whoever the header lines prove. */
export async function sends(door: Door, request: string, body: unknown, lines: readonly string[] = []): Promise<Answer> {
  return await door.ask(request, [JSON_LINE, ...lines], { body: JSON.stringify(body) })
}

/** A code by the owner, or by whoever the line proves. Throws where it was refused. */
export async function mint(house: House, options: object = {}, line = house.bearer): Promise<PairingCode> {
  const answer = await sends(house.doors.local, 'POST /xopc/api/pair', options, [line])
  if (answer.status !== 200) throw new Error(`no code was minted: ${answer.status} ${answer.body}`)
  // `as`: what POST /api/pair answers.
  return JSON.parse(answer.body) as PairingCode
}

/** A phone that joined, as a phone does: its header line and what it was told. */
export async function phone(house: House, options: object = {}): Promise<{ line: string; told: Joined }> {
  const link = readAppLink((await mint(house, options)).links?.app ?? '')
  const answer = await sends(house.doors.local, 'POST /xopc/api/tunnel/exchange-token', { pairingSecret: link?.secret })
  if (answer.status !== 200) throw new Error(`it could not join: ${answer.status} ${answer.body}`)
  // `as`: what the exchange answers.
  const told = JSON.parse(answer.body) as Joined
  return { line: `Authorization: Bearer ${told.token}`, told }
}

/** Gives a device scopes that no code gives, by the file that the gateway reads anew with the next change of a device. */
export async function withScopes(house: House, id: string, scopes: Scope[]): Promise<void> {
  const path = join(house.gateway.stateDir, 'devices.json')
  // `as`: the file that the gateway itself wrote.
  const file = JSON.parse(await readFile(path, 'utf8')) as { devices: { id: string; scopes: Scope[] }[] }
  for (const device of file.devices) if (device.id === id) device.scopes = scopes
  await writeFile(path, JSON.stringify(file), { mode: 0o600 })
  await sends(house.doors.local, `PATCH /xopc/api/devices/${id}`, { name: 'Another name' }, [house.bearer])
}

/** Lines of the audit log with this event. */
export async function audited(house: House, event: string): Promise<string[]> {
  const text = await readFile(join(house.gateway.stateDir, 'logs/audit.log'), 'utf8')
  return text.split('\n').filter((line) => line.includes(`"${event}"`))
}
