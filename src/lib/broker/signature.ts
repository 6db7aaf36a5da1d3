import { createPublicKey, verify } from 'node:crypto'
import { registrationLifetimeMs, registrationMessage, type RegistrationRequest } from '../protocol/broker-api.ts'
import { refuse, type Refused } from './refusal.ts'

/** What is wrong with when and by whom a registration was signed; null where nothing is. `audiences` are the names of this broker. Pure. */
export function signatureProblem(request: RegistrationRequest, audiences: readonly string[], now: number): Refused | null {
  const { expiresAt } = request
  // A clock may be as far ahead as it may be behind.
  if (expiresAt < now || expiresAt > now + 2 * registrationLifetimeMs)
    return refuse('CLOCK_SKEW', 'The registration is past its time, or its time is too far ahead.', {
      hint: `Set the clock of the gateway's computer; here it is ${new Date(now).toISOString()}.`,
    })
  if (audiences.some((audience) => isSigned(request, audience))) return null
  return refuse('SIGNATURE_INVALID', 'The signature is not one of this key over this registration at this broker.')
}

function isSigned({ signature, ...request }: RegistrationRequest, audience: string): boolean {
  const facts = { ...request, audience }
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: facts.publicKey }, format: 'jwk' })
    return verify(null, Buffer.from(registrationMessage(facts)), key, Buffer.from(signature, 'base64url'))
  } catch {
    // 32 bytes that are no point of the curve.
    return false
  }
}
