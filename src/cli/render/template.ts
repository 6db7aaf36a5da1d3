import type { ProxyTemplate } from '../../lib/protocol/http-api.ts'
import { renderFix } from './fix.ts'

/** What to do with a template, step by step. Pure. */
export function renderSteps({ steps }: ProxyTemplate, columns: number): string[] {
  return ['What to do with it:', ...steps.flatMap((step, index) => renderFix(`${`${index + 1}.`.padEnd(3)} `, step, columns))]
}
