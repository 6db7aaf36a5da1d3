/**
 * "Who may import whom" of docs/architecture.md as data. A folder may import itself, what it `uses`, only the types of what is under `types`,
 * and what is under `lazily` only by `await import()`. Anything else inside src/ is an error. Change a row together with that page.
 */
const folders = (...names) => names.map((name) => `src/lib/${name}/`)
const files = (...names) => names.map((name) => `src/lib/${name}[.]ts$`)
const error = files('errors/error')
const xopc = files('core/xopc')
const everything = ['src/lib/']

const gatewayRunners = 'src/cli/(run-gateway|start-in-background|end-running-gateway)[.]ts$'

const rows = [
  { from: 'src/commands/', uses: ['src/cli/', ...folders('protocol'), ...error], types: everything, lazily: everything },
  { from: 'src/cli/', uses: [...folders('client', 'remote', 'protocol'), ...error, ...xopc], types: everything, lazily: everything },
  // The page: everything it knows comes through a client.
  { from: 'src/ui/', uses: [...folders('client', 'protocol'), ...error], types: xopc },
  // What runs, starts and ends a gateway needs its parts; it is itself loaded lazily, which the rules below hold.
  { from: gatewayRunners, uses: ['src/cli/', ...everything] },
  { from: 'src/lib/client/', uses: [...folders('protocol'), ...error], types: xopc },
  {
    from: 'src/lib/gateway/',
    uses: [...folders('core', 'identity', 'probe', 'protocol', 'config', 'state', 'system'), ...error],
    types: files('access/access-method'),
  },
  {
    from: 'src/lib/core/',
    uses: [
      ...folders('probe', 'identity', 'config', 'state', 'supervisor', 'protocol', 'system'),
      // Pure texts and rules of the person's own proxy, which the staged test of any address needs, too.
      ...files('access/registry', 'access/errors', 'access/proxy/config', 'access/proxy/templates/template'),
      ...error,
    ],
    types: files('access/access-method'),
  },
  {
    from: 'src/lib/access/',
    uses: [...folders('binaries', 'protocol', 'state', 'supervisor', 'system'), ...error],
    types: folders('config', 'identity', 'probe'),
  },
  // One line per method.
  { from: 'src/lib/access/registry[.]ts$', uses: files('access/access-method', 'access/[^/]+/method') },
  {
    from: 'src/lib/remote/',
    uses: [...folders('client', 'supervisor', 'state', 'protocol', 'system'), ...files('binaries/ssh', 'binaries/ssh-target'), ...error],
    types: xopc,
  },
  {
    from: 'src/lib/config/',
    uses: [...files('access/[^/]+/config', 'access/[^/]+/errors'), ...folders('system'), ...error],
    types: folders('protocol'),
  },
  // A server of its own on this computer, which asks the gateway by its control socket like any other program.
  { from: 'src/lib/local-ui/', uses: [...folders('client', 'protocol', 'system'), ...error], types: folders('state') },
  // Tools over what a person can do; who serves them finds the gateway.
  { from: 'src/lib/mcp/', uses: [...folders('protocol', 'system'), ...error], types: xopc },
  // The other end of public tunnels: a program of its own, which knows nothing of a gateway.
  {
    from: 'src/lib/broker/',
    uses: [
      ...files('binaries/frp-version', 'binaries/frpc-digests', 'binaries/frps', 'binaries/frps-config'),
      ...folders('protocol', 'supervisor', 'system'),
      ...error,
    ],
    types: folders('state'),
  },
  // The record of what it started is part of the state.
  { from: 'src/lib/supervisor/', uses: [...folders('state', 'protocol', 'system'), ...error] },
  ...['identity', 'state', 'binaries', 'probe'].map((part) => ({
    from: `src/lib/${part}/`,
    uses: [...folders('protocol', 'system'), ...error],
  })),
  { from: 'src/lib/protocol/', uses: error },
  { from: 'src/lib/system/', uses: error },
  { from: 'src/lib/errors/', uses: [] },
  // Joins the parts' errors.
  { from: 'src/lib/errors/catalog[.]ts$', uses: [...files('.*errors'), 'src/cli/errors[.]ts$', ...error] },
]

const any = (paths) => (paths.length === 0 ? '^$' : `^(${paths.join('|')})`)
/** Rows of files inside this row's folder: they answer for themselves. */
const ownRows = (from) => rows.map((row) => row.from).filter((other) => other !== from && other.startsWith(from))

/** The rules that one row means. */
function rulesOf({ from, uses, types = [], lazily = [] }) {
  const name = from.replace(/^src\/(lib\/)?/, '').replace(/\W+(ts\W)?$/, '')
  const where = { path: any([from]), pathNot: any(ownRows(from)) }
  const own = from.endsWith('/') ? [from] : []
  const rules = [
    {
      name: `${name}: its row names what it imports`,
      severity: 'error',
      from: where,
      to: { path: '^src/', pathNot: any([...own, ...uses, ...types, ...lazily]) },
    },
  ]
  if (types.length > 0) {
    const more = { path: any(types), pathNot: any([...own, ...uses, ...lazily]), dependencyTypesNot: ['type-only'] }
    rules.push({ name: `${name}: only the types`, severity: 'error', from: where, to: more })
  }
  if (lazily.length > 0) {
    const more = { path: any(lazily), pathNot: any([...own, ...uses]), dynamic: false, dependencyTypesNot: ['type-only'] }
    rules.push({ name: `${name}: only by await import()`, severity: 'error', from: where, to: more })
  }
  return rules
}

const only = (name, comment, path, users) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^src/', pathNot: any(users) },
  to: { path, dependencyTypesNot: ['type-only'] },
})

/** Who may touch what of Node and of the packages. */
const outside = [
  only('files and processes: only system/', 'House rule 10.', '^(node:)?(fs|fs/promises|child_process|worker_threads|cluster)$', [
    'src/lib/system/',
  ]),
  only('sockets: only the gateway and the clients', 'House rule 10.', '^(node:)?(net|http|https|http2|tls|dgram)$', [
    'src/lib/gateway/',
    'src/lib/remote/',
    'src/lib/probe/',
    'src/lib/local-ui/',
    'src/lib/broker/',
    // A client of the broker.
    'src/lib/access/tunnel/ask[.]ts',
    // Whether a socket file or a port is somebody's is told only by dialling it.
    'src/lib/system/(net|socket-file|trust)[.]ts',
  ]),
  only('the terminal: only cli/ and commands/', 'lib/ knows nothing of colours and prompts.', 'node_modules/(@oclif|@inquirer)/', [
    'src/cli/',
    'src/commands/',
  ]),
  only('oclif and colours: only cli/', 'Commands take them from there.', 'node_modules/(@inquirer)/', ['src/cli/']),
  only('fastify: only behind the edge', 'Decision 002.', 'node_modules/(fastify|@fastify)/', ['src/lib/gateway/control/']),
  only('undici and ws: only the gateway and what asks it', 'House rule 10.', 'node_modules/(undici|ws)/', [
    'src/lib/gateway/',
    'src/lib/probe/',
  ]),
  only('the MCP SDK: only mcp/', 'Decision 019.', 'node_modules/@modelcontextprotocol/', ['src/lib/mcp/']),
  only('node:sqlite: only the broker', 'Decision 022.', '^(node:)?sqlite$', ['src/lib/broker/']),
  {
    name: 'browser-safe: ui/, client/ and protocol/ know no node: module',
    comment: 'They run in a browser.',
    severity: 'error',
    from: { path: '^src/(lib/client|lib/protocol|ui)/' },
    to: { dependencyTypes: ['core'] },
  },
]

const hygiene = [
  { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
  { name: 'every import is found', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'what runs a gateway is loaded lazily',
    severity: 'error',
    from: { path: '^src/', pathNot: any([gatewayRunners]) },
    to: { path: any([gatewayRunners]), dynamic: false, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no access method knows another',
    severity: 'error',
    from: { path: '^src/lib/access/([^/]+)/' },
    to: { path: '^src/lib/access/[^/]+/', pathNot: '^src/lib/access/$1/' },
  },
  {
    name: 'offline starts nothing',
    severity: 'error',
    from: { path: '^src/lib/core/offline[.]ts$' },
    to: { path: '^src/lib/(supervisor|access/registry|gateway|core/(live|reconcile|actor))', dependencyTypesNot: ['type-only'] },
  },
  { name: 'src/ stands alone', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|scripts|bench)/' } },
  {
    name: 'what ships is a dependency',
    comment: 'The page is built into dist/ui with what it needs.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/ui/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'undetermined'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'the catalogue is for the edges',
    comment: 'A part throws its own errors; only what renders them may ask for all.',
    severity: 'error',
    from: { path: '^src/lib/', pathNot: '^src/lib/errors/' },
    to: { path: '^src/lib/errors/catalog[.]ts$' },
  },
]

export default {
  forbidden: [...rows.flatMap(rulesOf), ...outside, ...hygiene],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
}
