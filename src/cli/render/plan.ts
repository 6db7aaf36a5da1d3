import type { Plan } from '../../lib/access/access-method.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'

const longest = 300

/** What `--dry-run` prints. Pure. */
export function renderPlan({ steps, refusal }: Plan): string[] {
  if (refusal !== undefined) {
    const hint = refusal.hint === undefined ? [] : [cleanText(refusal.hint, longest)]
    return [`This would be refused: ${cleanText(refusal.message, longest)}`, ...hint]
  }
  if (steps.length === 0) return ['There is nothing to do.']
  return [
    'This would be done; nothing was changed:',
    ...steps.map(({ title, argv }) => `  ${[cleanText(title, longest), ...(argv ?? [])].join(' ')}`),
  ]
}
