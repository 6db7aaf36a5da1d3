import type { Choice } from './chosen-gateway.ts'
import { cliErrors } from './errors.ts'

/** Goes on where commands act on this computer. Throws `COMMAND_IS_LOCAL` otherwise, with what to type instead, and what `chosenGateway` throws. */
export async function requireLocal(choice: Choice, { command, next }: { command: string; next: string }): Promise<void> {
  const [{ openState }, { chosenGateway }] = await Promise.all([import('../lib/state/store.ts'), import('./chosen-gateway.ts')])
  // First, because the configuration may be in a folder that is not to be trusted.
  await openState(choice.env, { create: false })
  const chosen = await chosenGateway(choice)
  if (chosen === null) return
  const { typedName } = await import('../lib/remote/target.ts')
  throw cliErrors.COMMAND_IS_LOCAL({ command, place: typedName(chosen.target.place), next })
}
