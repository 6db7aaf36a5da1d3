import { defineErrors } from '../errors/error.ts'

/**
 * What the staged test can find wrong with a way to the gateway, by the names that phones know. A verdict's own message is the sentence of the
 * stage that failed; these say what each code means. `NOT_XOPC_GATEWAY` is shared with the clients and stands there.
 */
export const probeErrors = defineErrors({
  TIMEOUT: {
    message: 'What is at the address took too long to answer.',
    hint: 'The verdict names the stage: a name server, a firewall that drops packets, or a program that accepts and says nothing.',
    http: 504,
    exit: 1,
    about:
      'Each stage of the test has a few seconds and the whole of it 15. A stream that is cut while nothing is sent (`--idle`) has this code, too.',
  },
  TLS_INVALID: {
    message: 'The address has no certificate that devices accept.',
    hint: 'Get one from a public authority: Caddy does it by itself, for nginx use certbot.',
    http: 502,
    exit: 1,
    about:
      'The certificate is self-signed, expired, not valid yet, for another name, without its chain or of an unknown authority, or the port speaks no TLS at all; the verdict says which. Phones and browsers refuse such an address.',
  },
  DNS_OR_CONN_REFUSED: {
    message: 'The name has no address that can be used, or nothing listens there.',
    hint: 'Check the DNS record, and that the proxy runs and listens on that port.',
    http: 502,
    exit: 1,
    about: 'The name could not be looked up, points to an address that xopc never connects to, or every address refused the connection.',
  },
  NETWORK_ERROR: {
    message: 'The connection broke off.',
    hint: 'Look at the log of the proxy: it may have crashed or be set to close connections.',
    http: 502,
    exit: 1,
    about: 'A connection was made and then closed or reset before the answer was complete.',
  },
  AUTH_BLOCKED: {
    message: 'Something in front of the gateway asks for a sign-in of its own or leads away to another address.',
    hint: 'Let the paths of the gateway through without it; the gateway asks for its own credential.',
    http: 502,
    exit: 1,
    about:
      'A login wall (basic authentication, oauth2-proxy, Authelia, Cloudflare Access …) or a redirect to another origin answered. Phones and programs cannot pass it.',
  },
  AUTHORIZATION_STRIPPED: {
    message: 'The header Authorization does not reach the gateway.',
    hint: 'Let the proxy pass Authorization on unchanged; for nginx: proxy_set_header Authorization $http_authorization;',
    http: 502,
    exit: 1,
    about: 'The gateway proved itself, but a request with a fresh credential arrived without it or with another one in its place.',
  },
  HOST_REWRITTEN: {
    message: 'The header Host arrives at the gateway as another name than was asked for.',
    hint: 'Let the proxy pass Host on unchanged; for nginx: proxy_set_header Host $http_host;',
    http: 502,
    exit: 1,
    about:
      'The gateway proves itself only for the name it was asked by, so a proxy must hand Host on. As a warning: only the port is missing.',
  },
  HTTP_ERROR: {
    message: 'The proxy answers with an error, or from a cache, in place of the gateway.',
    hint: 'Look at the log of the proxy; often it does not reach the gateway.',
    http: 502,
    exit: 1,
    about:
      'A status such as 502, 503, 404 or 405 that is not of the gateway: the proxy does not reach it, refuses a method, or answers from its cache.',
  },
  SSE_BUFFERED: {
    message: 'The proxy holds event streams back.',
    hint: 'Switch buffering off; for nginx: proxy_buffering off;',
    http: 502,
    exit: 1,
    about: 'Three events that the gateway sends 300 ms apart arrived all at once. Chats and live updates would stall.',
  },
  WEBSOCKET_BLOCKED: {
    message: 'WebSocket connections do not get through.',
    hint: 'Let the proxy pass on Upgrade and Connection.',
    http: 502,
    exit: 1,
    about: 'The handshake lost its Upgrade on the way, was refused, or what was sent did not come back.',
  },
})

/** The codes of the staged test. */
export type ProbeCode = keyof typeof probeErrors | 'NOT_XOPC_GATEWAY' | 'WRONG_GATEWAY'
