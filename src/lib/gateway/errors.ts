import { defineErrors } from '../errors/error.ts'

/** Errors of the control API and of the gateway itself. */
export const gatewayErrors = defineErrors({
  NOT_FOUND: {
    message: 'There is nothing at {path}.',
    hint: 'See what there is: GET /xopc/api/openapi.json, or docs/api.md.',
    http: 404,
    exit: 1,
    about: 'The gateway has no page and no API route at this path. With `gateway.upstream` the API is under `/xopc/api/` only.',
  },
  METHOD_NOT_ALLOWED: {
    message: '{path} does not know the method {method}.',
    hint: 'It answers: {allowed}.',
    http: 405,
    exit: 1,
    about: 'The path exists, but not with this HTTP method; `Allow` lists the right ones.',
  },
  BODY_INVALID: {
    message: 'The request does not have the form that this route expects: {detail}.',
    hint: 'The fields it knows are in docs/api.md, and in GET /xopc/api/openapi.json.',
    http: 400,
    exit: 2,
    about: 'A body or query was not valid JSON, missed a field, or had a field that the route does not know.',
  },
  BODY_NOT_JSON: {
    message: 'The body came as something else than JSON, and this API reads JSON only.',
    hint: 'Send the header Content-Type: application/json.',
    http: 415,
    exit: 2,
    about: 'Forms and plain text are refused, because a foreign page can send them without being asked (cross-site request forgery).',
  },
  BODY_TOO_LARGE: {
    message: 'The body is larger than 1 MiB.',
    hint: 'The API takes settings and commands only; send large data to your app instead.',
    http: 413,
    exit: 2,
    about: 'The control API reads at most 1 MiB. Uploads to the app behind the gateway have no such limit.',
  },
  TAILSCALE_IDENTITY_UNAVAILABLE: {
    message: 'Tailscale cannot say here who you are: {reason}.',
    hint: 'Sign in with the token or password, or by a pairing code. On the gateway’s computer this says more: xopc tailscale status',
    http: 409,
    exit: 1,
    about:
      'Sign-in by Tailscale (`gateway.auth.allowTailscale`) needs a socket that Tailscale alone can write to. It leads there only for root, or for an operator who may use sudo, from version 1.94 on, and not on Windows or with the sandboxed app of macOS.',
  },
  TAILSCALE_NOBODY: {
    message: 'Tailscale names no person for this connection.',
    hint: 'Sign in with the token or password, or by a pairing code.',
    http: 401,
    exit: 1,
    about:
      'Visitors by Funnel and tagged nodes have no identity, and what the headers say has to be what Tailscale itself says of the address.',
  },
  SIGN_IN_BY_CODE: {
    message: 'With an app behind the gateway, no page takes the owner’s token: a browser signs in by a pairing code.',
    hint: 'To administrate, open xopc ui on the gateway’s computer. For a code for this browser, there: xopc pair --browser',
    http: 403,
    exit: 1,
    about:
      'App and console share an origin when `gateway.upstream` is set, so a script of the app could read what is typed into a page there.',
  },
  SIGN_IN_OFF: {
    message: 'There is nothing to sign in to here: {reason}.',
    hint: '{next}',
    http: 409,
    exit: 1,
    about:
      'With `gateway.auth.mode: none` everyone on this computer has `read run`, with `trusted-proxy` whoever your proxy names; administration is on the control socket in both.',
  },
  ORIGIN_NOT_HOST: {
    message: 'The page that signs in is at {origin}, but the request went to {host}.',
    hint: 'Open the gateway at the address you want to use, and let your proxy pass Host unchanged.',
    http: 403,
    exit: 1,
    about: 'A session starts only where Origin and Host name the same place; otherwise a foreign page could start one.',
  },
  ORIGIN_INVALID: {
    message: '“{origin}” is not an origin: scheme, host and port in lower case, nothing else.',
    hint: 'For example https://gateway.example.com',
    http: 400,
    exit: 2,
    about: 'The challenge signs exactly what it was asked for, so the origin must be written as a browser writes it.',
  },
  NOT_MY_ORIGIN: {
    message: 'This gateway does not answer as {origin} to a request that came this way.',
    hint: 'If {origin} is yours and leads here: xopc proxy set {origin}',
    http: 421,
    exit: 1,
    about: 'The identity challenge is signed only for names that are this gateway’s own, asked for through the door they lead to.',
  },
  UPGRADE_REQUIRED: {
    message: 'This is a WebSocket, and the request came without a WebSocket handshake.',
    hint: 'If a proxy stands between, let it pass Upgrade and Connection on. For the lines: xopc proxy test',
    http: 426,
    exit: 1,
    about: 'A plain request reached the address of a WebSocket. Behind a proxy it means that the proxy took the `Upgrade` header out.',
  },
  RATE_LIMITED: {
    message: 'Too many requests of this kind at once.',
    hint: 'Try again in a second.',
    http: 429,
    exit: 1,
    about: 'The identity challenge is answered at most 50 times a second for each door; `Retry-After` says how long to wait.',
  },
  TOO_MANY_STREAMS: {
    message: 'No event stream is left for you: this gateway has {limit}, of which one device or user gets a tenth.',
    hint: 'Close some, or raise gateway.maxSseConnections.',
    http: 503,
    exit: 1,
    about: 'Each open `/api/events` costs memory, so their number is bounded by `gateway.maxSseConnections`.',
  },
  PAIRING_INVALID: {
    message: 'This pairing code cannot be used.',
    hint: 'Make a new one on the gateway’s computer: xopc pair',
    http: 401,
    exit: 1,
    about:
      'A code works once, for five minutes, for what it was made for: an app’s only from an app, a browser’s only from its own page. Which of these it was is not said, because it would help whoever guesses.',
  },
  PAIRING_BLOCKED: {
    message: 'Too many wrong pairing codes came from your address.',
    hint: 'Try again in {seconds} s. A code that is right is taken all the same.',
    http: 429,
    exit: 1,
    about: '30 wrong codes in five minutes block their source; `Retry-After` says for how long. A valid code always passes.',
  },
  DEVICE_NOT_SAVED: {
    message: 'The gateway could not save this device, so it has not joined. The code is still good.',
    hint: 'Why stands in the log, on the gateway’s computer: xopc gateway logs',
    http: 503,
    exit: 1,
    about:
      'A device brought a good code, and its record could not be written: the disk is full, or devices.json is broken. Nothing was given away.',
  },
  AGENT_NOT_CONFIGURED: {
    message: 'No agent stands behind this gateway.',
    hint: 'Talking to a model comes with a later version. An app of your own goes behind it: xopc config set gateway.upstream.url=<url>',
    http: 503,
    exit: 1,
    about: 'A phone asked for a reply of the agent, and the gateway has no model to ask.',
  },
  TUNNEL_RATE_LIMITED: {
    message: 'The public tunnel was started 12 times in 5 minutes from here; it is not started again for {seconds} s.',
    hint: 'See what keeps it from working: xopc tunnel status',
    http: 429,
    exit: 1,
    about: 'Every start asks the broker for a lease. Stopping is never limited.',
  },
  PROGRAM_REPLACED: {
    message: 'xopc was installed anew while this gateway ran, and the part that answers here is gone from the disk.',
    hint: 'Start it again (with --background, if it ran so): xopc gateway --force',
    http: 503,
    exit: 1,
    about:
      'The API is loaded with its first request. An upgrade in between replaced its files. The app behind the gateway is still served.',
  },
  PAGE_NOT_BUILT: {
    message: 'The pages of xopc are not there: this copy of xopc was not built, or not as a whole.',
    hint: 'Install it anew, or in its folder: npm run build',
    http: 500,
    exit: 70,
    about:
      'The console is built into dist/ui, and something is missing there. The API and the app behind the gateway are served all the same.',
  },
  GATEWAY_STOPPING: {
    message: 'The gateway is stopping.',
    hint: 'Start it again: xopc gateway',
    http: 503,
    exit: 1,
    about: 'The request came while the gateway was ending.',
  },
  INTERNAL: {
    message: 'Something went wrong inside xopc. This is a bug.',
    hint: 'What happened is in the log: xopc gateway logs',
    http: 500,
    exit: 70,
    about: 'An error that nobody foresaw. The reply shows nothing of it; the gateway log has the stack.',
  },
})
