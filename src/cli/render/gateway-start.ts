import type { Config } from '../../lib/config/schema.ts'

/** What a started gateway says of itself. */
interface Started {
  version: string
  /** `http://127.0.0.1:18790`. */
  url: string
  config: Config
  env: NodeJS.ProcessEnv
  /** `--config`: other commands need it too. */
  configPath?: string | undefined
}

/** The lines a person sees when the gateway is up: its address, how to sign in, what to type next. No secret among them. Pure. */
export function announcement({ version, url, config, env, configPath }: Started): string[] {
  const { gateway } = config
  const xopc = typedName(env)
  return [
    `xopc ${version} is running on ${url}`,
    '',
    `  App behind it  ${gateway.upstream === undefined ? `none yet: ${xopc} config set gateway.upstream.url=http://127.0.0.1:3000` : withoutUserinfo(gateway.upstream.url)}`,
    `  Sign in        ${signIn(config, url, `${xopc} gateway token --show${configPath === undefined ? '' : ` --config ${configPath}`}`)}`,
    `  Who can come   ${gateway.bind === 'loopback' ? 'this computer only' : `this computer, and whoever reaches it by ${gateway.bind === 'lan' ? 'the network' : gateway.bind}`}`,
    `  Next           ${gateway.bind === 'loopback' ? `${xopc} lan on      let devices on the same network in` : `${xopc} status      every way in`}`,
    '',
    'Ctrl-C ends it.',
  ]
}

function signIn({ gateway }: Config, url: string, show: string): string {
  const how = {
    token: `with the token that \`${show}\` prints`,
    password: 'with your password',
    'trusted-proxy': 'through your proxy',
    none: 'nobody is asked (auth.mode is none)',
  }[gateway.auth.mode]
  // With an app behind the gateway no page there takes the token: the app's scripts share the address.
  if (gateway.upstream !== undefined && gateway.auth.mode !== 'none') return `${how}, as Authorization: Bearer`
  return gateway.auth.mode === 'none' ? how : `open ${url} in a browser, ${how}`
}

function withoutUserinfo(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//***@')
}

/** What a person types to run this program: npm scripts and npx have it in no PATH outside the repository. */
function typedName(env: NodeJS.ProcessEnv): string {
  return env['npm_command'] === undefined ? 'xopc' : 'npx xopc'
}
