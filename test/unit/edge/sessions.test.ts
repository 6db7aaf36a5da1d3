import { describe, expect, it } from 'vitest'
import { clearedCookie, createSessions } from '../../../src/lib/identity/sessions.ts'
import { createTickets } from '../../../src/lib/identity/tickets.ts'

const HOUR = 3_600_000
const at = (host: string, anyPort = false) => ({ host, anyPort })

function timed() {
  let now = 0
  const clock = { now: () => now }
  return { clock, pass: (ms: number) => (now += ms) }
}

describe('a session', () => {
  const start = () => {
    const { clock, pass } = timed()
    const sessions = createSessions({ clock })
    const cookie = sessions.create('http://a.example:8080', 'local').setCookie
    const find = () => sessions.find(cookie, at('a.example:8080'), null)
    return { sessions, pass, find }
  }

  it('ends after 12 hours without use', () => {
    const { sessions, pass, find } = start()
    pass(12 * HOUR - 1)
    expect(find()).not.toBeNull()
    pass(12 * HOUR - 1)
    expect(find()).not.toBeNull()
    pass(12 * HOUR)
    expect(find()).toBeNull()
    expect([sessions.count(), sessions.knowsOrigin('http://a.example:8080'), sessions.knowsHost(at('a.example:8080'))]).toEqual([
      0,
      false,
      false,
    ])
  })

  it('ends after 7 days of use', () => {
    const { pass, find } = start()
    for (let hours = 0; hours < 7 * 24 - 10; hours += 10) {
      pass(10 * HOUR)
      expect(find()).not.toBeNull()
    }
    pass(10 * HOUR)
    expect(find()).toBeNull()
  })

  it('is known at its origin and host only', () => {
    const { sessions } = start()
    expect(sessions.knowsOrigin('http://a.example:8080')).toBe(true)
    expect(['https://a.example:8080', 'http://a.example'].map(sessions.knowsOrigin)).toEqual([false, false])
    sessions.create('https://b.example', 'local')
    expect([at('a.example'), at('a.example', true)].map(sessions.knowsHost)).toEqual([false, true])
    expect(['b.example', 'b.example:443', 'b.example:80'].map((host) => sessions.knowsHost(at(host)))).toEqual([true, true, false])
  })

  it('ends alone, and all end together', () => {
    const { sessions, find } = start()
    const other = sessions.create('http://a.example:8080', 'local').session
    sessions.end(other.id)
    expect([sessions.count(), find() === null]).toEqual([1, false])
    sessions.endOwner()
    expect([sessions.count(), find() === null]).toEqual([0, true])
  })

  it('is one of 1,000 at most: the one unused for longest goes', () => {
    const { sessions, pass, find } = start()
    for (let index = 0; index < 1_500; index++) {
      pass(1)
      sessions.create('http://b.example', 'local')
      if (index === 900) expect(find()).not.toBeNull()
    }
    expect(sessions.count()).toBe(1_000)
    expect(find()).not.toBeNull()
    for (let index = 0; index < 1_000; index++) sessions.create('http://b.example', 'local')
    expect(find()).toBeNull()
  })

  it('is taken out of the browser by a cookie without time', () => {
    expect(clearedCookie('https://a.example')).toBe('__Host-xopc_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure')
    expect(clearedCookie('http://a.example')).toBe('xopc_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0')
  })
})

describe('tickets', () => {
  it('end after 30 seconds, and all together', () => {
    const { clock, pass } = timed()
    const tickets = createTickets<string>({ clock })
    const first = tickets.issue('events', 'me')
    expect(first.expiresAt).toBe(30_000)
    pass(29_999)
    expect(tickets.redeem(first.ticket, 'events')).toEqual({ use: 'events', holder: 'me' })
    const second = tickets.issue('events', 'me').ticket
    pass(30_000)
    expect(tickets.redeem(second, 'events')).toBeNull()
    const third = tickets.issue('events', 'me').ticket
    tickets.clear()
    expect(tickets.redeem(third, 'events')).toBeNull()
  })

  it('asked for without end push the oldest out', () => {
    const tickets = createTickets<number>({ clock: timed().clock })
    const issued = Array.from({ length: 5_000 }, (_, index) => tickets.issue('ws', index).ticket)
    expect(tickets.redeem(issued[0] ?? '', 'ws')).toBeNull()
    expect(tickets.redeem(issued.at(-1) ?? '', 'ws')?.holder).toBe(4_999)
  })
})
