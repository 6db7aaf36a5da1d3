import type { Config } from '../../lib/config/schema.ts'
import type { ConfigProblem } from '../../lib/protocol/http-api.ts'

/** What a started gateway says of itself. */
interface Started {
  version: string
  /** `http://127.0.0.1:18790`. */
  url: string
  config: Config
  /** What is not wrong but worth knowing in it. */
  warnings: readonly ConfigProblem[]
  env: NodeJS.ProcessEnv
  /** `--config`: other commands need it too. */
  configPath?: string | undefined
}

/** The lines a person sees when the gateway is up: its address, how to sign in, what to type next. No secret among them. Pure. */
export function announcement({ version, url, config, warnings, env, configPath }: Started): string[] {
  const { gateway } = config
  const xopc = typedName(env)
  return [
    `xopc ${version} is running on ${url}`,
    '',
    `  App behind it  ${gateway.upstream === undefined ? `none yet: ${xopc} config set gateway.upstream.url=http://127.0.0.1:3000` : withoutUserinfo(gateway.upstream.url)}`,
    `  Sign in        ${signIn(config, url, `${xopc} gateway token --show${configPath === undefined ? '' : ` --config ${configPath}`}`)}`,
    `  Who can come   ${comers(config)}`,
    `  Next           ${isClosed(config) ? `${xopc} lan on      let devices on the same network in` : `${xopc} status      every way in`}`,
    ...warnings.flatMap(({ message, hint }) => [
      '',
      `  Warning        ${message}`,
      ...(hint === undefined ? [] : [`                 ${hint}`]),
    ]),
    '',
    'Ctrl-C ends it.',
  ]
}

function isClosed({ gateway }: Config): boolean {
  return gateway.bind === 'loopback' && gateway.tailscale.mode === 'off'
}

/** What is asked for; whether it came about is said as soon as it is known. */
function comers({ gateway }: Config): string {
  const ways = [
    ...(gateway.bind === 'loopback' ? [] : [`whoever reaches it by ${gateway.bind === 'lan' ? 'the network' : gateway.bind}`]),
    ...(gateway.tailscale.mode === 'serve' ? ['the devices of your tailnet'] : []),
    ...(gateway.tailscale.mode === 'funnel' ? ['the whole internet by Tailscale Funnel'] : []),
  ]
  return ways.length === 0 ? 'this computer only' : `this computer, and ${ways.join(', ')}`
}

function signIn({ gateway }: Config, url: string, show: string): string {
  const { mode } = gateway.auth
  if (mode === 'none') return 'nobody is asked (auth.mode is none)'
  if (mode === 'trusted-proxy')
    return `your proxy says who somebody is${gateway.publicUrl === undefined ? '' : `: open ${gateway.publicUrl}`}`
  const how = { token: `with the token that \`${show}\` prints`, password: 'with your password' }[mode]
  // With an app behind the gateway no page there takes the token: the app's scripts share the address.
  return gateway.upstream === undefined ? `open ${url} in a browser, ${how}` : `${how}, as Authorization: Bearer`
}

function withoutUserinfo(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//***@')
}

/** What a person types to run this program: npm scripts and npx have it in no PATH outside the repository. */
function typedName(env: NodeJS.ProcessEnv): string {
  return env['npm_command'] === undefined ? 'xopc' : 'npx xopc'
}
