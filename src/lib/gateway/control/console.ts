import type { Config } from '../../config/schema.ts'
import { consoleScript } from './console-script.ts'
import { consoleStyle } from './console-style.ts'

/** Nothing from elsewhere, nothing inline, never in a frame. */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/** Which page a person sees: one that takes the secret of the auth mode, one that takes none, or one that explains how to sign in by other means. */
export type ConsoleMode = Config['gateway']['auth']['mode'] | 'upstream'

/** One file of the console. */
export interface ConsoleFile {
  type: string
  text: string
}

/** Paths of the console's files; the page itself is at `/xopc/` and, without an upstream, at `/`. */
export const CONSOLE_SCRIPT = '/xopc/console.js'
/** See CONSOLE_SCRIPT. */
export const CONSOLE_STYLE = '/xopc/console.css'

/** The page and its files by path. Pure. */
export function consoleFile(path: string, mode: ConsoleMode): ConsoleFile | null {
  if (path === CONSOLE_SCRIPT) return { type: 'text/javascript; charset=utf-8', text: consoleScript }
  if (path === CONSOLE_STYLE) return { type: 'text/css; charset=utf-8', text: consoleStyle }
  if (path === '/' || path === '/xopc' || path === '/xopc/') return { type: 'text/html; charset=utf-8', text: page(mode) }
  return null
}

function page(mode: ConsoleMode): string {
  const script = mode === 'upstream' ? '' : `<script src="${CONSOLE_SCRIPT}" defer></script>\n`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>xopc gateway</title>
<link rel="stylesheet" href="${CONSOLE_STYLE}">
${script}</head>
<body>
<main>
<h1 id="title" tabindex="-1">xopc gateway</h1>
${mode === 'upstream' ? explanation : views(mode)}
</main>
</body>
</html>
`
}

const explanation = `<p class="quiet">A gateway stands in front of the app at this address.</p>
<section class="card">
<h2>Signing in</h2>
<p>A browser signs in here by a pairing code, which a later version of xopc brings. This page takes no token, because it shares its address with the app.</p>
<p>A program sends the token with each request: <code>Authorization: Bearer …</code></p>
<p>To manage the gateway, use <code>xopc status</code> and its other commands on its own computer.</p>
</section>`

function views(mode: Exclude<ConsoleMode, 'upstream'>): string {
  return `<section id="sign-in" hidden>
${mode === 'token' || mode === 'password' ? signInForm(mode) : refused}
</section>
<section id="overview" hidden>
<p id="live" class="quiet" role="status"></p>
<dl id="facts" class="card"></dl>
<ul id="conflicts"></ul>
<h2>Ways in</h2>
<ul id="methods"></ul>
<button id="sign-out" class="plain" type="button">Sign out</button>
</section>
<div id="problem" class="problem" role="alert" hidden></div>
<noscript><p class="problem">This page needs JavaScript. On the gateway’s computer, xopc status shows the same.</p></noscript>`
}

const refused = `<p>This page takes no credential. It shows the gateway to whoever is let in without one, or signed in elsewhere.</p>`

const secrets = {
  token: { label: 'Gateway token', hint: 'On the gateway’s computer, this prints it: <code>xopc gateway token --show</code>' },
  password: { label: 'Password', hint: 'The one in <code>gateway.auth.password</code>.' },
} as const

function signInForm(mode: 'token' | 'password'): string {
  const { label, hint } = secrets[mode]
  return `<p class="quiet">Sign in to see who can reach this gateway.</p>
<form id="form" class="card" method="post" action="/xopc/api/session" data-mode="${mode}">
<input type="text" name="username" autocomplete="username" value="owner" readonly hidden>
<label for="secret">${label}</label>
<input id="secret" name="secret" type="password" autocomplete="current-password" required spellcheck="false" autocapitalize="off" aria-describedby="secret-hint">
<p id="secret-hint" class="quiet small">${hint}</p>
<button id="submit" type="submit">Sign in</button>
</form>`
}
