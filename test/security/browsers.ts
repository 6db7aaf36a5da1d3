import type { Door, House } from './doors.ts'

/** A browser that signed in at an origin. */
export interface Browser {
  /** Header line. */
  readonly cookie: string
  /** Header line with the session key, which the page sends by itself. */
  readonly key: string
  readonly setCookie: string
}

/** Signs in at a door as the page of `origin` does. Throws where it was refused. */
export async function signIn(house: Pick<House, 'gateway'>, door: Door, origin: string, host = new URL(origin).host): Promise<Browser> {
  const answer = await door.ask('POST /xopc/api/session', [`Origin: ${origin}`, 'Content-Type: application/json'], {
    host,
    body: JSON.stringify({ token: house.gateway.token }),
  })
  const setCookie = answer.headers['set-cookie']
  if (answer.status !== 200 || setCookie === undefined) throw new Error(`${answer.status} ${answer.body}`)
  // `as`: what POST /api/session answers.
  const { sessionKey } = JSON.parse(answer.body) as { sessionKey: string }
  return { cookie: `Cookie: ${setCookie.split(';')[0]}`, key: `X-Xopc-Token: ${sessionKey}`, setCookie }
}
