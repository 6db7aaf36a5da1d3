import { Flags, GatewayCommand } from './base-command.ts'
import { openMethod } from './open-method.ts'
import { renderPlan } from './render/plan.ts'
import { renderTailscaleOn } from './render/tailscale.ts'
import { endSignal } from './until-ended.ts'
import type { Plan } from '../lib/access/access-method.ts'
import type { EnableOptions } from '../lib/core/xopc.ts'
import { funnelConsent } from '../lib/protocol/consent.ts'
import type { AccessState } from '../lib/protocol/http-api.ts'

/** What a shell expects of a command that Ctrl-C ended. */
const INTERRUPTED = 130

/** Longer than a certificate takes on a bad day, ms. */
const LONGEST_MS = 120_000

/** Flags of `tailscale serve` and `tailscale funnel`. */
export const openingFlags = {
  port: Flags.integer({ min: 1, max: 65_535, helpValue: '<port>', summary: 'The https port of the tailnet name, instead of 443.' }),
  for: Flags.string({ helpValue: '<time>', summary: 'Only for a time, such as 30m or 2h: nothing is saved, and it closes by itself.' }),
  replace: Flags.boolean({ summary: 'Where the public tunnel is open, close it first.' }),
  wait: Flags.boolean({ summary: 'Where Tailscale waits for you (sign-in, approval), wait until it is done.' }),
  'dry-run': Flags.boolean({ summary: 'Show what would be done, and do nothing.' }),
}

/** What was typed. */
interface Typed {
  port: number | undefined
  for: string | undefined
  replace: boolean
  wait: boolean
  'dry-run': boolean
  'accept-risk'?: boolean
}

/** What `tailscale serve` and `tailscale funnel` share. */
export abstract class TailscaleOnCommand extends GatewayCommand {
  protected override readonly ownsSignals = true

  /** Shows the plan, or switches it on and says what came of it; exits with 1 unless it is on. */
  protected async publish(mode: 'serve' | 'funnel', flags: Typed): Promise<AccessState | Plan> {
    const { kind, xopc } = await this.connection()
    const options: EnableOptions = { mode, ...(flags.port !== undefined && { port: flags.port }), ...(flags.replace && { replace: true }) }
    if (flags['dry-run']) {
      const plan = await xopc.plan('tailscale', options)
      this.out(...renderPlan(plan))
      if (plan.refusal !== undefined) process.exitCode = 1
      return plan
    }
    const running = kind === 'client'
    const { interactive, live, columns } = this.terminal
    const signal = endSignal()
    const state = await openMethod(xopc, {
      id: 'tailscale',
      agreement: funnelConsent,
      longestMs: LONGEST_MS,
      options: { ...options, ...(flags.for !== undefined && { for: flags.for }) },
      acceptRisk: flags['accept-risk'] === true,
      wait: flags.wait,
      running,
      interactive: interactive && !this.jsonEnabled(),
      live: live && !this.jsonEnabled(),
      columns,
      signal,
    })
    this.out(
      ...renderTailscaleOn(state, { mode, running, time: flags.for ?? null, textColumns: this.terminal.textColumns, now: Date.now() }),
    )
    if (running && state.phase !== 'on') process.exitCode = signal.aborted ? INTERRUPTED : 1
    return state
  }
}
