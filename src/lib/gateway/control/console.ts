import type { Config } from '../../config/schema.ts'
import { consoleIcon } from './console-icon.ts'
import { consoleScript } from './console-script.ts'
import { consoleStyle } from './console-style.ts'

/** Nothing from elsewhere, nothing inline, never in a frame. */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/** Which page a person sees: the overview, where they are signed in; else one that takes the secret of the auth mode or none, or one that explains how to sign in by other means. */
export type ConsoleView = Config['gateway']['auth']['mode'] | 'upstream' | 'overview'

/** One file of the console. */
export interface ConsoleFile {
  type: string
  text: string
}

/** Paths of the console's files; the page itself is at `/xopc/` and, without an upstream, at `/`. */
export const CONSOLE_SCRIPT = '/xopc/console.js'
/** See CONSOLE_SCRIPT. */
export const CONSOLE_STYLE = '/xopc/console.css'
/** See CONSOLE_SCRIPT. */
export const CONSOLE_ICON = '/xopc/icon.svg'

/** The page and its files by path. Pure. */
export function consoleFile(path: string, view: ConsoleView): ConsoleFile | null {
  if (path === CONSOLE_SCRIPT) return { type: 'text/javascript; charset=utf-8', text: consoleScript }
  if (path === CONSOLE_STYLE) return { type: 'text/css; charset=utf-8', text: consoleStyle }
  if (path === CONSOLE_ICON) return { type: 'image/svg+xml', text: consoleIcon }
  if (path === '/' || path === '/xopc' || path === '/xopc/') return { type: 'text/html; charset=utf-8', text: page(view) }
  return null
}

function page(view: ConsoleView): string {
  const script = view === 'upstream' || view === 'trusted-proxy' ? '' : `<script src="${CONSOLE_SCRIPT}" defer></script>\n`
  const title = view === 'overview' ? 'xopc gateway' : 'Sign in · xopc gateway'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="${CONSOLE_ICON}" type="image/svg+xml">
<link rel="stylesheet" href="${CONSOLE_STYLE}">
${script}</head>
<body${view === 'overview' ? '' : ' class="narrow"'}>
<header>
<img src="${CONSOLE_ICON}" alt="" width="24" height="24">
<strong>xopc gateway</strong>
${view === 'overview' ? '<span id="live" class="live" hidden>Live</span>' : ''}
</header>
<main>
${content(view)}
</main>
</body>
</html>
`
}

function content(view: ConsoleView): string {
  switch (view) {
    case 'upstream':
      return explanation
    case 'overview':
      return overview + problem + noScript
    case 'trusted-proxy':
      return proxySignIn
    case 'token':
    case 'password':
      return signInForm(view) + noScript
    default:
      return '<h1>Sign in</h1>\n<p>This page takes no credential. It shows the gateway to whoever is let in without one, or signed in elsewhere.</p>'
  }
}

const explanation = `<h1>Sign in</h1>
<p class="quiet">A gateway stands in front of the app at this address.</p>
<section class="card">
<p>A browser signs in here by a pairing code, which a later version of xopc brings. This page takes no token, because it shares its address with the app.</p>
<p>A program sends the token with each request: <code>Authorization: Bearer …</code></p>
<p>To manage the gateway, use <code>xopc status</code> and its other commands on its own computer.</p>
</section>`

const proxySignIn = `<h1>Sign in</h1>
<p class="quiet">A proxy signs people in at this gateway.</p>
<section class="card">
<p>This page takes no credential. Open the gateway by the address of that proxy, and sign in there.</p>
<p>If you came through the proxy and see this page, it named nobody: it has to send your name in the header that <code>gateway.auth.trustedProxy.userHeader</code> says, and this gateway has to trust the address it comes from.</p>
<p>To manage the gateway, use <code>xopc status</code> and its other commands on its own computer.</p>
</section>`

const problem = `<div id="problem" class="problem" role="alert" hidden></div>
`

const noScript = `<noscript><p class="problem">This page needs JavaScript. On the gateway’s computer, <code>xopc status</code> shows the same.</p></noscript>`

const overview = `<p id="gone" class="gone" role="status"></p>
<section id="overview" hidden>
<h1>Who can reach this gateway</h1>
<p id="reach" role="status"></p>
<ul id="conflicts"></ul>
<h2>Ways in</h2>
<ul id="methods"></ul>
<h2>Gateway</h2>
<dl id="facts" class="card"></dl>
<button id="sign-out" class="plain" type="button">Sign out</button>
</section>
`

const secrets = {
  token: { label: 'Gateway token', hint: 'On the gateway’s computer, this prints it: <code>xopc gateway token --show</code>' },
  password: { label: 'Password', hint: 'The one in <code>gateway.auth.password</code>.' },
} as const

function signInForm(mode: 'token' | 'password'): string {
  const { label, hint } = secrets[mode]
  return `<h1>Sign in</h1>
<p class="quiet">To see who can reach this gateway.</p>
<p id="note" class="note" role="status" hidden></p>
<form id="form" class="card" method="post" action="/xopc/api/session" data-mode="${mode}">
<input type="text" name="username" autocomplete="username" value="owner" readonly hidden>
<label for="secret">${label}</label>
<input id="secret" name="secret" type="password" autocomplete="current-password" required autofocus spellcheck="false" autocapitalize="off" aria-describedby="secret-hint">
<p id="secret-hint" class="quiet small">${hint}</p>
<button id="submit" type="submit">Sign in</button>
${problem}</form>
`
}
