import { defineErrors } from '../../errors/error.ts'

/** What can be wrong with the settings of the user's own proxy. The codes of `gateway.publicUrl` are those that phones know. */
export const proxyErrors = defineErrors({
  invalid_url: {
    message: '"{url}" is not a URL that a browser could open.',
    hint: 'Write the whole address, for example https://gateway.example.com',
    http: 400,
    exit: 3,
    about: '`gateway.publicUrl` (or a URL given to a command) could not be read as a URL.',
  },
  invalid_scheme: {
    message: '"{url}" starts with neither https:// nor http://.',
    hint: 'Write the whole address, for example https://gateway.example.com',
    http: 400,
    exit: 3,
    about: 'The public URL is reached by browsers and phones, which speak https, and http on private networks.',
  },
  has_userinfo: {
    message: '"{url}" carries a user name or password; everyone who is shown the URL would see it.',
    hint: 'Leave out what stands before the @, and let the gateway ask for its token',
    http: 400,
    exit: 3,
    about: 'A public URL is printed, drawn as a QR code and kept by devices, so it must not hold a secret.',
  },
  has_path: {
    message: '"{url}" has a path; the gateway answers at the root of its host only.',
    hint: 'Give the gateway a host name of its own and leave the path out',
    http: 400,
    exit: 3,
    about: 'The console and the app behind the gateway use paths from `/` on; under a sub-path their links would break.',
  },
  has_query_or_fragment: {
    message: '"{url}" has a query or a fragment, which the address of a gateway cannot have.',
    hint: 'Leave out everything from the ? or # on',
    http: 400,
    exit: 3,
    about: 'A public URL is an origin: scheme, host and port.',
  },
  requires_https: {
    message: '"{url}" is public, and over plain http everybody on the way could read the token.',
    hint: 'Use https://; plain http is taken only for private, loopback, link-local, 100.64/10 and .local hosts',
    http: 400,
    exit: 3,
    about: 'Plain http is accepted only for hosts that are not reached over the internet.',
  },
  PROXY_URL_MISSING: {
    message: 'No URL was given, and gateway.publicUrl is not set.',
    hint: 'Name the address of your proxy: xopc proxy set https://gateway.example.com',
    http: 400,
    exit: 2,
    about: 'A command or request about your own proxy needs its URL, from the command line or from `gateway.publicUrl`.',
  },
  PROXY_ADDRESS_INVALID: {
    message: '"{address}" is neither an IP address nor a range such as 10.0.0.0/24.',
    hint: 'Name the address that your proxy connects from, for example 127.0.0.1',
    http: 400,
    exit: 3,
    about: 'An entry of `gateway.trustedProxies` could not be read.',
  },
  PROXY_RANGE_TOO_WIDE: {
    message: 'Trusting {address} would let nearly anybody claim to be any client.',
    hint: 'Name the address that your proxy connects from, for example 127.0.0.1',
    http: 400,
    exit: 3,
    about:
      'Headers of a trusted proxy are believed. A range that covers the internet trusts everybody, so it is refused in every auth mode.',
  },
  PROXY_RANGE_WIDE: {
    message: 'Every computer in {address} may say which client a request came from.',
    hint: 'Name the one address that your proxy connects from',
    http: 400,
    exit: 3,
    about: 'A warning: whole networks in `gateway.trustedProxies` (for example every container of a computer) are seldom meant.',
  },
  PROXY_SOCKET_INVALID: {
    message: '"{path}" cannot be a socket: it must be an absolute path of at most 99 bytes.',
    hint: 'Use for example /run/xopc/gateway.sock',
    http: 400,
    exit: 3,
    about: 'The system allows about a hundred bytes for the path of a unix socket.',
  },
  invalid_domain: {
    message: '"{domain}" is not a host name that a certificate could be made for.',
    hint: 'Write the name alone, without https://, port and path, for example gateway.example.com (an international name as xn--…)',
    http: 400,
    exit: 2,
    about:
      'A template is written for one host name of at least two parts: letters, digits, hyphens and dots. Addresses and wildcards are none.',
  },
  PROXY_SOCKET_UNSAFE: {
    message: 'A template cannot name the socket "{path}": some of its characters mean something in the configuration of a proxy.',
    hint: 'Name it with letters, digits, / . _ and - alone: xopc config set gateway.proxySocket=/run/xopc/gateway.sock',
    http: 409,
    exit: 1,
    about:
      'The path of `gateway.proxySocket` is a good one for the system, but has spaces, quotes or the like, which templates do not quote.',
  },
})
