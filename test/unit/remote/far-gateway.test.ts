import { describe, expect, it } from 'vitest'
import { farGatewayIn } from '../../../src/lib/remote/far-gateway.ts'

const good = { pid: 7, url: 'http://127.0.0.1:18790', socket: '/home/anna/.xopc/run/control.sock', version: '1.0.0' }
const text = JSON.stringify(good, null, 2)
const found = { url: good.url, socket: good.socket }

describe('what a far computer says of its gateway', () => {
  it.each([
    ['alone', text],
    ['after what a login script says', `Welcome to host\nLast login: today\n${text}\n`],
    ['before and after it', `motd\r\n${text}\r\nlogout\r\n`],
  ])('%s is read', (_where, said) => {
    expect(farGatewayIn(said)).toEqual(found)
  })

  it.each(['http://127.0.0.1:18790', 'http://[::1]:18790', 'http://localhost:1'])('at %s', (url) => {
    expect(farGatewayIn(JSON.stringify({ ...good, url }))).toEqual({ url, socket: good.socket })
  })

  it.each([
    '',
    '\n',
    'cat: .xopc/run/gateway.json: No such file or directory',
    '{',
    '}{',
    '{}',
    'null',
    '[]',
    '{"url":1}',
    '{a}',
    '{"x":1} {"y":2}',
  ])('%j names none', (said) => {
    expect(farGatewayIn(said)).toBeNull()
  })

  it.each([
    ['a relative socket', { socket: 'run/control.sock' }],
    ['no socket', { socket: undefined }],
    ['a socket that is a list', { socket: ['/run/control.sock'] }],
    ['a socket with a colon, which -L reads as a port', { socket: '/run/a:22' }],
    ['a socket with a space', { socket: '/run/control sock' }],
    ['a socket with a line break', { socket: '/run/control.sock\n' }],
    ['a socket with a percent sign, which ssh expands', { socket: '/run/%h' }],
    ['a socket with a dollar sign, which ssh expands', { socket: '/run/${HOME}' }],
    ['a socket longer than any', { socket: `/${'s'.repeat(108)}` }],
    ['no url', { url: undefined }],
    ['a url over https', { url: 'https://127.0.0.1:18790' }],
    ['a url with a path', { url: 'http://127.0.0.1:18790/x' }],
    ['a url with a user', { url: 'http://a@127.0.0.1:18790' }],
    ['a url with an escape', { url: 'http://127.0.0.1\u001b[2J' }],
    ['a url that is none', { url: 'http://[' }],
  ])('%s names none', (_what, over) => {
    expect(farGatewayIn(JSON.stringify({ ...good, ...over }))).toBeNull()
  })
})
