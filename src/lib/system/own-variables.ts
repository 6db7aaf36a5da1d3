/** An environment without our variables: they hold the owner's token and other secrets, and no program that we start needs them. Pure. */
export function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('XOPC_')))
}
