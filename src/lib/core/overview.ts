import type { AccessDefinition, Facts } from '../access/access-method.ts'
import type { Config } from '../config/schema.ts'
import type { ErrorInfo } from '../errors/error.ts'
import type { AccessState, MethodView, Overview } from '../protocol/http-api.ts'
import { type NotTaken, conflicts } from './conflicts.ts'

/** One method with what is known of it. `facts` is null where looking failed. */
export interface MethodSight {
  definition: AccessDefinition
  facts: Facts | null
  intended: boolean
  state: AccessState
  closesAt?: string | null
  warning?: ErrorInfo | null
}

/** What the overview is made of. */
export interface OverviewFacts {
  /** Of the gateway that runs; null where none does. */
  gatewayId: string | null
  config: Config
  methods: readonly MethodSight[]
  /** This computer, for the ssh line: the user and the names others could know it by. */
  computer: Computer
  sshServer: Overview['ssh']['server']
  /** What the running gateway did not take up of the configuration file; null where it did, or where none runs. */
  notTaken?: NotTaken | null
  /** Why doors that the configuration asks for are not open. */
  refused?: readonly ErrorInfo[]
}

/** Names of this computer. */
export interface Computer {
  user: string
  hostname: string
}

/** Everything a person wants to know at a glance; pure. `seenAs` is for whoever knows the request. */
export function overview({ gatewayId, config, methods, computer, sshServer, notTaken = null, refused = [] }: OverviewFacts): Overview {
  const views = methods.map((sight) => methodView(sight, config))
  return {
    running: gatewayId !== null,
    gatewayId,
    methods: views,
    ssh: sshLine({ computer, sshServer }, views, config.gateway.port),
    seenAs: null,
    conflicts: conflicts({ config, methods: views, notTaken, refused }),
    recommended: recommended(views, methods, config),
  }
}

function methodView({ definition, facts, intended, state, closesAt = null, warning = null }: MethodSight, config: Config): MethodView {
  const known = facts ?? undefined
  return {
    id: definition.id,
    intended,
    audience: definition.audience(config, known),
    audienceText: definition.audienceText(config, known),
    state,
    ...(closesAt === null ? {} : { closesAt }),
    ...(warning === null ? {} : { warning }),
    candidates: facts === null ? [] : definition.candidates(config, facts),
  }
}

/** The line that forwards the gateway's port to the same port elsewhere (ssh(1), -L). The first host is the computer's own name. */
function sshLine(
  { computer: { user, hostname }, sshServer: server }: Pick<OverviewFacts, 'computer' | 'sshServer'>,
  views: readonly MethodView[],
  port: number,
): Overview['ssh'] {
  const addresses = views.flatMap(({ candidates }) => candidates.filter(({ kind }) => kind !== 'virtual').map(({ url }) => hostOf(url)))
  const hosts = [...new Set([hostname, ...addresses])]
  const at = server.port === 22 ? '' : `-p ${server.port} `
  return { user, hosts, port, command: `ssh -N -L ${port}:127.0.0.1:${port} ${at}${user}@${hostname}`, server }
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

/** The first method that is not on and that nothing stands in the way of; null once something is on. */
function recommended(views: readonly MethodView[], methods: readonly MethodSight[], config: Config): Overview['recommended'] {
  if (views.some(({ state }) => state.phase === 'on')) return null
  const possible = methods.find(({ definition, facts, intended }) => !intended && facts !== null && isPossible(definition, config, facts))
  return possible?.definition.id ?? null
}

function isPossible(definition: AccessDefinition, config: Config, facts: Facts): boolean {
  return definition.plan(definition.proposed(config, definition.settingsOn({})), facts).refusal === undefined
}
