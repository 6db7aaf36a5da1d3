/** What the script is told about the gateway; an attacker reads it in the documentation. */
export interface Known {
  /** Routes that its person may not use: method, path and a body worth sending. */
  forbidden: readonly (readonly [method: string, path: string, body: object])[]
  /** Paths that its person may read. */
  readable: readonly string[]
}

/** What it brought home. */
export interface Brought {
  /** Every attempt at something forbidden that was not refused for its credential: `POST /xopc/api/pair as JSON: 200 …`. */
  got: string[]
  /** How many were refused. */
  refused: number
  /** Statuses of what its person may read; 200 shows that the session was alive. */
  alive: number[]
  /** Everything that it could read: replies, pages in frames and other windows, storage, cookies, words of other tabs. */
  texts: string[]
  /** What frames and windows showed it: first each the app’s own `/decoy`, then pages of the gateway. */
  windows: string[]
  /** What became of its WebSockets. */
  sockets: string[]
}

/**
 * A script of the app, at the gateway's own address, with the cookie of whoever looks at the app. It is sent to a browser as text, so it uses
 * nothing of this module.
 */
export async function hostile({ forbidden, readable }: Known): Promise<Brought> {
  const brought: Brought = { got: [], refused: 0, alive: [], texts: [], windows: [], sockets: [] }
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  const once = async (path: string, init: RequestInit = {}) => {
    const reply = await fetch(path, { signal: AbortSignal.timeout(10_000), ...init })
    return { status: reply.status, text: await reply.text() }
  }
  // It is stubborn: a network that changes meanwhile does not stop it.
  const ask = (path: string, init?: RequestInit) => once(path, init).catch(() => once(path, init))
  const attempt = async (what: string, path: string, init: RequestInit) => {
    const { status, text } = await ask(path, init)
    brought.texts.push(text)
    if ([401, 403, 429].includes(status)) brought.refused++
    else brought.got.push(`${init.method} ${path} ${what}: ${status} ${text.slice(0, 200)}`)
  }
  const json = { 'content-type': 'application/json' }

  document.cookie = `xopc_session=${'A'.repeat(43)}; path=/`
  document.cookie = `__Host-xopc_session=${'A'.repeat(43)}; path=/; secure`
  for (const [method, path, body] of forbidden) {
    const content = method === 'GET' ? {} : { body: JSON.stringify(body) }
    await attempt('by the cookie', path, { method, headers: json, ...content })
    await attempt('with a guessed key', path, { method, headers: { ...json, 'x-xopc-token': `xopc_sk_${'A'.repeat(43)}` }, ...content })
    await attempt('as a simple request', path, { method, mode: 'same-origin', headers: { 'content-type': 'text/plain' }, ...content })
  }
  await attempt('with a guessed token', '/xopc/api/config', { method: 'GET', headers: { authorization: 'Bearer change-me' } })
  for (const secret of [{}, { token: 'change-me' }, { password: 'change-me' }]) {
    await attempt(JSON.stringify(secret), '/xopc/api/session', { method: 'POST', headers: json, body: JSON.stringify(secret) })
  }
  await attempt('for a probe', '/xopc/api/ticket', { method: 'POST', headers: json, body: '{"for":"probe"}' })
  const ticket = async (use: string): Promise<string> => {
    const { text } = await ask('/xopc/api/ticket', { method: 'POST', headers: json, body: JSON.stringify({ for: use }) })
    return String(JSON.parse(text).ticket)
  }
  await attempt('by a ticket', `/xopc/api/config?ticket=${await ticket('events')}`, { method: 'GET', credentials: 'omit' })

  for (const path of readable) {
    const { status, text } = await ask(path)
    brought.alive.push(status)
    brought.texts.push(text)
  }

  const frame = async (given: { src?: string; form?: HTMLFormElement }): Promise<string> => {
    const element = document.createElement('iframe')
    element.name = `frame-${Math.random()}`
    const loaded = new Promise((resolve) => element.addEventListener('load', resolve))
    if (given.src !== undefined) element.src = given.src
    document.body.append(element)
    if (given.form !== undefined) {
      given.form.target = element.name
      document.body.append(given.form)
      await pause(50)
      given.form.submit()
      await pause(1_000)
    }
    await Promise.race([loaded, pause(5_000)])
    return element.contentDocument === null ? 'nothing' : element.contentDocument.documentElement.outerHTML
  }
  for (const src of ['/decoy', '/xopc/', '/xopc/pair', '/xopc/errors.html']) {
    const text = await frame({ src })
    brought.texts.push(text)
    brought.windows.push(`frame ${src}: ${text}`)
  }
  const sent = forbidden.flatMap(([method, path]) => {
    if (method !== 'POST') return []
    return ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'].map((enctype) => {
      const form = document.createElement('form')
      Object.assign(form, { method: 'post', action: path, enctype })
      // As text/plain this is JSON: {"admin":true,"a":"=b"}.
      Object.assign(form.appendChild(document.createElement('input')), { name: '{"admin":true,"a":"', value: 'b"}' })
      return frame({ form })
    })
  })
  brought.texts.push(...(await Promise.all(sent)))
  const look = (other: Window): string => {
    try {
      const { body } = other.document
      if (body?.dataset['view'] === undefined) return ''
      return `${body.outerHTML} ${other.location.href} ${JSON.stringify({ ...other.sessionStorage })}`
    } catch {
      // It is out of reach by now.
      return ''
    }
  }
  for (const path of ['/decoy', '/xopc/', '/xopc/pair#ps=guess']) {
    const other = open(path)
    let text = ''
    for (let n = 0; n < 15 && other !== null; n++) {
      await pause(100)
      text += look(other)
    }
    brought.texts.push(text)
    brought.windows.push(`window ${path}: ${text === '' ? 'nothing' : text}`)
  }

  const socket = (url: string): Promise<string> =>
    new Promise((resolve) => {
      const opened = new WebSocket(url)
      opened.addEventListener('open', () => resolve('open'))
      opened.addEventListener('error', () => resolve('refused'))
    })
  brought.sockets.push(await socket('/xopc/api/probe/ws'), await socket(`/xopc/api/probe/ws?ticket=${await ticket('ws')}`))

  const channel = new BroadcastChannel('xopc.session-key')
  channel.addEventListener('message', ({ data }) => brought.texts.push(JSON.stringify(data)))
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is of windows
  channel.postMessage({ asks: true })
  await pause(500)
  const names = performance.getEntriesByType('resource').map(({ name }) => name)
  brought.texts.push(document.cookie, document.referrer, names.join(' '), JSON.stringify([{ ...sessionStorage }, { ...localStorage }]))
  return brought
}
