import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { createExclusive, readText } from '../system/files.ts'
import { keyFingerprint } from '../system/key-fingerprint.ts'
import { identityErrors } from './errors.ts'

/** Signs as this gateway. */
export interface Signer {
  readonly gatewayId: string
  /** The raw 32 bytes of the Ed25519 key, base64url. */
  readonly publicKey: string
  /** What people compare: `SHA256:` and the digest of that key in base64 without padding, as ssh writes it. */
  readonly fingerprint: string
  /** Ed25519 over the UTF-8 text, base64url. */
  sign(text: string): string
}

/** `identity.json`; keys are the raw 32 bytes, base64url (RFC 8037: `x` and `d` of an OKP key). */
interface Identity {
  gatewayId: string
  publicKey: string
  privateKey: string
}

/** The identity of the gateway in this state folder, made on first use. Throws `IDENTITY_BROKEN`, `FILE_NOT_READABLE`, `FILE_NOT_WRITABLE`. */
export async function openIdentity(paths: { identity: string }): Promise<Signer> {
  const path = paths.identity
  const text = (await readText(path)) ?? (await createIdentity(path))
  const identity = parseIdentity(text, path)
  const key = privateKeyOf(identity, path)
  return {
    gatewayId: identity.gatewayId,
    publicKey: identity.publicKey,
    fingerprint: keyFingerprint(identity.publicKey),
    sign: (message) => sign(null, Buffer.from(message), key).toString('base64url'),
  }
}

/** Of two that create it at once, one wins and both use what it wrote. */
async function createIdentity(path: string): Promise<string> {
  const text = `${JSON.stringify(newIdentity(), null, 2)}\n`
  if (await createExclusive(path, text)) return text
  const theirs = await readText(path)
  if (theirs === null) throw identityErrors.IDENTITY_BROKEN({ path, reason: 'it was removed while xopc started' })
  return theirs
}

function newIdentity(): Identity {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  if (d === undefined || x === undefined) throw new Error('an Ed25519 key has d and x')
  return { gatewayId: randomUUID(), publicKey: x, privateKey: d }
}

function parseIdentity(text: string, path: string): Identity {
  const value = parseJson(text, path)
  if (typeof value !== 'object' || value === null) throw broken(path, 'it is not an object')
  const gatewayId = field(value, 'gatewayId', /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, path)
  const publicKey = field(value, 'publicKey', /^[\w-]{43}$/, path)
  const privateKey = field(value, 'privateKey', /^[\w-]{43}$/, path)
  return { gatewayId, publicKey, privateKey }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the text around the fault, which may be the private key: it is not kept as cause.
    throw broken(path, text.trim() === '' ? 'it is empty' : 'it is not valid JSON')
  }
}

function field(value: object, name: string, form: RegExp, path: string): string {
  const found: unknown = Reflect.get(value, name)
  if (typeof found === 'string' && form.test(found)) return found
  throw broken(path, found === undefined ? `${name} is missing` : `${name} has the wrong form`)
}

function privateKeyOf({ publicKey, privateKey }: Identity, path: string): KeyObject {
  const key = importKey(publicKey, privateKey, path)
  // node does not check that x belongs to d: a mixed-up file would sign what nobody can verify.
  if (createPublicKey(key).export({ format: 'jwk' }).x !== publicKey) throw broken(path, 'its keys do not belong together')
  return key
}

function importKey(x: string, d: string, path: string): KeyObject {
  try {
    return createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x, d } })
  } catch (error) {
    throw identityErrors.IDENTITY_BROKEN({ path, reason: 'its key is not an Ed25519 key' }, { cause: error })
  }
}

function broken(path: string, reason: string) {
  return identityErrors.IDENTITY_BROKEN({ path, reason })
}
