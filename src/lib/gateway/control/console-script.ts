/** The script of the sign-in page. It keeps the session key in sessionStorage and never the token; it writes text only, never markup. */
export const consoleScript = `'use strict'
const api = '/xopc/api'
const keyName = 'xopc.session-key'
const noteName = 'xopc.note'
const names = { lan: 'Local network', proxy: 'Reverse proxy' }
const opens = { lan: 'xopc lan on', proxy: 'xopc proxy set https://gateway.example.com' }
const words = { off: 'Off', starting: 'Starting', blocked: 'Needs you', on: 'On', degraded: 'On, with a problem', failed: 'Failed' }
const restarted = 'The gateway was started again, which ends every session. Sign in again.'
const ended = 'Your session ended: the token or password was replaced, you signed out elsewhere, or it was too old. Sign in again.'
const by = (id) => document.getElementById(id)
const time = (at) => new Date(at).toLocaleTimeString()

function make(tag, className, text) {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text !== undefined) element.textContent = text
  return element
}

/** Writes only what is new, so that a live region speaks once. */
function say(id, text) {
  if (by(id).textContent !== text) by(id).textContent = text
}

async function call(method, path, body) {
  const key = sessionStorage.getItem(keyName)
  const headers = {}
  if (key) headers['x-xopc-token'] = key
  if (body) headers['content-type'] = 'application/json'
  const init = { method, headers, cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(15000) }
  if (body) init.body = JSON.stringify(body)
  const response = await fetch(api + path, init)
  const reply = response.status === 204 ? null : await response.json()
  const wait = Number(response.headers.get('retry-after'))
  if (!response.ok) throw Object.assign(new Error(reply.error), { status: response.status, reply, until: wait && Date.now() + wait * 1000 })
  return reply
}

/** Words, and the command that they end with on a line of its own. */
function explain(text) {
  const [, before, command] = /^(.+:) (xopc .+)$/.exec(text) || []
  return command ? [make('p', '', before), make('code', '', command)] : [make('p', '', text)]
}

function showProblem({ reply, until }) {
  const { error, hint, code } = reply || {
    error: 'The gateway did not answer.',
    hint: 'See whether it runs, on its computer: xopc gateway status',
  }
  const box = by('problem')
  box.replaceChildren(make('p', '', error))
  if (until) box.append(make('p', '', 'Try again at ' + time(until) + '.'))
  if (hint) box.append(...explain(hint))
  if (code) box.append(make('p', 'quiet small', 'Code: ' + code))
  box.hidden = false
}

/** The gateway decides what this address shows, so the page is asked for anew. Never resolves: nothing follows on this one. */
function leave(note) {
  sessionStorage.removeItem(keyName)
  sessionStorage.setItem(noteName, note)
  location.reload()
  return new Promise(() => {})
}

function openForm(form) {
  const secret = by('secret')
  const note = sessionStorage.getItem(noteName)
  sessionStorage.removeItem(noteName)
  if (note) say('note', note)
  by('note').hidden = !note
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    by('submit').disabled = true
    by('problem').hidden = true
    try {
      const { sessionKey } = await call('POST', '/session', { [form.dataset.mode]: secret.value })
      form.reset()
      sessionStorage.setItem(keyName, sessionKey)
      location.reload()
    } catch (error) {
      showProblem(error)
      by('submit').disabled = false
      secret.setAttribute('aria-invalid', String(error.status === 401))
      secret.select()
    }
  })
}

function detailOf(state) {
  if (state.phase === 'starting') return [state.step]
  if (state.phase === 'degraded') return [state.error.message, state.next]
  const { message, hint } = (state.phase === 'blocked' ? state.needs : state.error) || {}
  return [message, hint].filter(Boolean)
}

function drawMethod({ id, state, audienceText }) {
  const card = make('li', 'card')
  const row = make('div', 'row')
  const word = make('span', 'state', words[state.phase])
  word.dataset.phase = state.phase
  row.append(make('h3', '', names[id] || id), word)
  card.append(row, make('p', 'quiet', state.phase === 'off' ? 'Nobody comes in this way. To open it, on the gateway’s computer:' : 'For ' + audienceText))
  if (state.phase === 'off') card.append(make('code', '', opens[id]))
  for (const url of state.urls || []) card.append(make('code', '', url))
  if (state.verified) card.append(make('p', 'quiet small', 'Verified from this computer at ' + time(state.verified.confirmedAt) + ', in ' + state.verified.ms + ' ms'))
  card.append(...detailOf(state).flatMap(explain))
  if (state.command) card.append(make('code', '', state.command))
  return card
}

function drawFacts({ url, version, startedAt }) {
  const facts = { Address: url, Version: version, 'Running since': new Date(startedAt).toLocaleString() }
  by('facts').replaceChildren(...Object.entries(facts).flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)]))
}

function drawConflict({ message, fix }) {
  const box = make('li', 'problem')
  box.append(make('p', '', message), make('p', '', fix.title))
  if (fix.command) box.append(make('code', '', fix.command))
  return box
}

function audiences({ methods }, { ingress }) {
  const proxy = ingress.some(({ id }) => id === 'proxy') ? ['whom your proxy lets in'] : []
  const open = methods.filter(({ state }) => state.urls).map(({ audienceText }) => audienceText)
  return ['You, on the gateway’s computer', ...proxy, ...open].join(' · ')
}

function follow() {
  let stream = null
  let seenAt = 0
  let stopping = false
  let turn = Promise.resolve()

  async function refresh() {
    const [status, overview] = await Promise.all([call('GET', '/status'), call('GET', '/overview')])
    seenAt = Date.now()
    say('reach', audiences(overview, status))
    by('conflicts').replaceChildren(...overview.conflicts.map(drawConflict))
    by('methods').replaceChildren(...overview.methods.map(drawMethod))
    drawFacts(status)
    // Elsewhere there is no session of ours to end: nobody is asked, or a proxy signed the person in.
    by('sign-out').hidden = !['token', 'password'].includes(status.authMode)
    by('problem').hidden = true
    by('overview').hidden = false
    if (stream.readyState === EventSource.OPEN) mark(true)
  }

  function mark(live) {
    if (live) stopping = false
    by('live').hidden = !live
    by('overview').classList.toggle('stale', !live)
    const since = seenAt ? ' What you see is from ' + time(seenAt) + '.' : ''
    say('gone', live ? '' : (stopping ? 'The gateway was stopped.' : 'No connection to the gateway.') + since + ' This page comes back by itself.')
  }

  function lost(error) {
    // Only where it was good before: else the page that comes back would ask again, and again.
    if (error.status === 401 && seenAt) return leave(by('gone').textContent ? restarted : ended)
    mark(false)
    if (error.status) showProblem(error)
  }

  /** One after the other, so that an older answer never replaces a newer one. */
  function update() {
    turn = turn.then(refresh).catch(lost)
  }

  function listen() {
    stream = new EventSource(api + '/events')
    for (const type of ['connected', 'access.state', 'config.reload']) stream.addEventListener(type, update)
    stream.addEventListener('gateway.stopping', () => { stopping = true })
    stream.onerror = () => {
      update()
      // A refused stream does not come back by itself.
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 3000)
    }
  }

  by('sign-out').addEventListener('click', () => {
    // The gateway ends the stream with the session, which is no news here.
    stream.close()
    turn = turn.then(() => call('DELETE', '/session')).then(() => leave('You are signed out.')).catch(lost).then(listen)
  })
  // A computer that slept may have lost the stream without being told.
  document.addEventListener('visibilitychange', () => { if (!document.hidden) update() })
  listen()
}

if (by('form')) openForm(by('form'))
if (by('overview')) follow()
`
