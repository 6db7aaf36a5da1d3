import type { Status } from '../../protocol/http-api.ts'

/** The status in Prometheus text format 0.0.4. Pure. */
export function metricsText(status: Status): string {
  const { counts, methods, version, uptime } = status
  return [
    ...gauge('xopc_info', 'Version of the gateway.', [[`{version="${version}"}`, 1]]),
    ...gauge('xopc_uptime_seconds', 'Seconds since the gateway started.', [['', uptime]]),
    ...gauge('xopc_connections', 'Open connections.', [['', counts.connections]]),
    ...gauge('xopc_sse_streams', 'Open event streams.', [['', counts.sse]]),
    ...gauge('xopc_websockets', 'Open WebSockets.', [['', counts.webSockets]]),
    ...gauge('xopc_sessions', 'Living browser sessions.', [['', counts.sessions]]),
    ...gauge(
      'xopc_access_intended',
      'Whether a way in is asked for.',
      methods.map(({ id, intended }) => [`{id="${id}"}`, intended ? 1 : 0]),
    ),
    ...gauge(
      'xopc_access_on',
      'Whether a way in is on.',
      methods.map(({ id, state }) => [`{id="${id}"}`, state.phase === 'on' ? 1 : 0]),
    ),
    '',
  ].join('\n')
}

function gauge(name: string, help: string, samples: [labels: string, value: number][]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples.map(([labels, value]) => `${name}${labels} ${value}`)]
}
