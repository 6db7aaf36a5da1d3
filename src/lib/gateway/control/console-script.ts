/** The script of the sign-in page. It keeps the session key in sessionStorage and never the token; it writes text only, never markup. */
export const consoleScript = `'use strict'
const api = '/xopc/api'
const keyName = 'xopc.session-key'
const names = { lan: 'Local network' }
const words = { off: 'Off', starting: 'Starting', blocked: 'Needs you', on: 'On', degraded: 'Degraded', failed: 'Failed' }
const by = (id) => document.getElementById(id)
let stream = null

function make(tag, className, text) {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text !== undefined) element.textContent = text
  return element
}

async function call(method, path, body) {
  const key = sessionStorage.getItem(keyName)
  const headers = {}
  if (key) headers['x-xopc-token'] = key
  if (body) headers['content-type'] = 'application/json'
  const init = { method, headers, cache: 'no-store', credentials: 'same-origin' }
  if (body) init.body = JSON.stringify(body)
  const response = await fetch(api + path, init)
  const reply = response.status === 204 ? null : await response.json()
  if (!response.ok) throw Object.assign(new Error(reply.error), { status: response.status, reply })
  return reply
}

function showProblem(error) {
  const reply = error.reply || {
    error: 'The gateway did not answer.',
    hint: 'Check that it runs (xopc gateway status) and try again.',
    code: '',
  }
  const box = by('problem')
  box.replaceChildren(make('p', '', reply.error))
  if (reply.hint) box.append(make('p', '', reply.hint))
  if (reply.code) box.append(make('p', 'quiet small', 'Code: ' + reply.code))
  box.hidden = false
}

function show(name) {
  for (const view of ['sign-in', 'overview']) by(view).hidden = view !== name
}

function signedOut() {
  if (stream) stream.close()
  stream = null
  sessionStorage.removeItem(keyName)
  show('sign-in')
  const secret = by('secret')
  if (secret) secret.focus()
}

function detailOf(state) {
  if (state.phase === 'starting') return state.step
  const info = state.phase === 'blocked' ? state.needs : state.error
  return info ? info.message + (info.hint ? ' ' + info.hint : '') : ''
}

function drawMethod(method) {
  const card = make('li', 'card')
  const row = make('div', 'row')
  const state = make('span', 'state', words[method.state.phase])
  state.dataset.phase = method.state.phase
  row.append(make('h2', '', names[method.id] || method.id), state)
  card.append(row, make('div', 'quiet small', method.audienceText))
  for (const url of method.state.urls || []) card.append(make('div', 'mono', url))
  const detail = detailOf(method.state)
  if (detail) card.append(make('div', 'small', detail))
  return card
}

function drawFacts(status) {
  const facts = [['Address', status.url], ['Version', status.version], ['Running since', new Date(status.startedAt).toLocaleString()]]
  by('facts').replaceChildren(...facts.flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)]))
}

function drawConflict(conflict) {
  const box = make('li', 'problem')
  box.append(make('p', '', conflict.message), make('p', '', conflict.fix.title + (conflict.fix.command ? ': ' + conflict.fix.command : '')))
  return box
}

async function refresh() {
  const [status, overview] = await Promise.all([call('GET', '/status'), call('GET', '/overview')])
  drawFacts(status)
  by('methods').replaceChildren(...overview.methods.map(drawMethod))
  by('conflicts').replaceChildren(...overview.conflicts.map(drawConflict))
  by('sign-out').hidden = status.authMode === 'none'
  by('problem').hidden = true
  show('overview')
}

function attempt(work) {
  return work().catch((error) => {
    // 421: this address is not known yet; signing in makes it so.
    if (error.status === 401 || error.status === 421) signedOut()
    else showProblem(error)
  })
}

function live(text) {
  const line = by('live')
  if (line.textContent !== text) line.textContent = text
}

function listen() {
  if (stream) stream.close()
  stream = new EventSource(api + '/events')
  const update = () => attempt(refresh)
  for (const type of ['access.state', 'config.reload']) stream.addEventListener(type, update)
  stream.addEventListener('connected', () => { live('Live'); update() })
  stream.addEventListener('gateway.stopping', () => live('The gateway is stopping. This page comes back when it does.'))
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) return live('No connection. Trying again by itself.')
    // A refused stream does not come back by itself: find out why.
    setTimeout(() => attempt(async () => { await refresh(); listen() }), 3000)
  }
}

async function signIn(form) {
  const reply = await call('POST', '/session', { [form.dataset.mode]: by('secret').value })
  sessionStorage.setItem(keyName, reply.sessionKey)
  form.reset()
  await refresh()
  listen()
  by('title').focus()
}

const form = by('form')
if (form) form.addEventListener('submit', (event) => {
  event.preventDefault()
  const button = by('submit')
  button.disabled = true
  by('problem').hidden = true
  signIn(form).catch(showProblem).finally(() => { button.disabled = false })
})
by('sign-out').addEventListener('click', () => {
  call('DELETE', '/session').then(signedOut, (error) => (error.status === 401 ? signedOut() : showProblem(error)))
})
attempt(async () => { await refresh(); listen() })
`
