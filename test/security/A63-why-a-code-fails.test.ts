import { expect, it } from 'vitest'
import { type Answer, type House, startHouse } from '../integration/control/house.ts'

// Whoever guesses codes must not learn that one was right once. In process, because a code takes five minutes to expire.

const terms = { by: 'owner', scopes: ['read'] as const, name: null, baseUrl: 'https://gateway.test', lanUrl: null, browser: true }
const wrong = 'A'.repeat(43)

const bring = async (house: House, body: object, origin?: string): Promise<Answer> => {
  const headers: Record<string, string> = origin === undefined ? {} : { origin, host: 'gateway.test' }
  return await house.ask('POST', '/api/tunnel/exchange-token', { body, headers })
}

/** All of an answer but the time. */
const shown = ({ status, headers, text }: Answer) => ({ status, headers: { ...headers, date: '' }, text })

it('used, expired, taken back, brought the wrong way and never there look exactly alike', async () => {
  const house = await startHouse()
  const [used, gone, expired, living] = Array.from({ length: 4 }, () => house.pairing.mint(terms))
  expect((await bring(house, { pairingSecret: used?.appSecret })).status).toBe(200)
  house.pairing.cancel(gone?.id ?? '', 'owner')
  const answers = [
    await bring(house, { pairingSecret: wrong }),
    await bring(house, { pairingSecret: living?.appSecret.slice(0, -1) }),
    await bring(house, { pairingSecret: living?.browserSecret }),
    await bring(house, { pairingSecret: used?.appSecret }),
    await bring(house, { pairingSecret: used?.browserSecret }),
    await bring(house, { pairingSecret: gone?.appSecret }),
  ]
  house.wait(300_000)
  answers.push(await bring(house, { pairingSecret: expired?.appSecret }))
  expect(shown(answers[0]!)).toMatchObject({ status: 401, text: expect.stringContaining('PAIRING_INVALID') })
  for (const answer of answers) expect(shown(answer)).toEqual(shown(answers[0]!))
})

it('also where a page brings it', async () => {
  const house = await startHouse()
  const [used, living] = [house.pairing.mint(terms), house.pairing.mint(terms)]
  const page = 'https://gateway.test'
  expect((await bring(house, { pairingSecret: used.browserSecret, as: 'cookie' }, page)).status).toBe(200)
  const answers = []
  for (const pairingSecret of [wrong, used.browserSecret, used.appSecret, living.appSecret]) {
    answers.push(shown(await bring(house, { pairingSecret, as: 'cookie' }, page)))
  }
  expect(answers[0]).toMatchObject({ status: 401 })
  expect(answers).toEqual(Array(4).fill(answers[0]))
})
