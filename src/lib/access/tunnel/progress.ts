import type { TunnelRun } from '../../protocol/tunnel-api.ts'
import type { Clock } from '../../system/clock.ts'

type View = Pick<TunnelRun, 'startProgress' | 'frpcDownload'>
type Phase = NonNullable<View['startProgress']>['phase']
type Download = NonNullable<View['frpcDownload']>

/** How far a start is, for those who show it. */
export interface Progress {
  at(phase: Phase): void
  downloading(download: Download): void
  /** It is through, or over. */
  end(): void
  view(): View
}

/** Nothing is going on at first. */
export function createProgress(clock: Pick<Clock, 'now'>): Progress {
  let startProgress: View['startProgress'] = null
  let frpcDownload: View['frpcDownload'] = null
  return {
    at(phase) {
      if (startProgress?.phase !== phase) startProgress = { phase, startedAt: new Date(clock.now()).toISOString() }
      frpcDownload = null
    },
    downloading: (download) => void (frpcDownload = download),
    end() {
      startProgress = null
      frpcDownload = null
    },
    view: () => ({ startProgress, frpcDownload }),
  }
}

const megabyte = 1_000_000

/** A download as a step, which changes with every megabyte. Pure. */
export function downloadText({ phase, bytesReceived, totalBytes }: Download): string {
  if (phase !== 'downloading') return `${phase} frpc`
  const of = totalBytes === null ? '' : ` of ${Math.ceil(totalBytes / megabyte)}`
  return `downloading frpc, ${Math.floor(bytesReceived / megabyte)}${of} MB`
}
