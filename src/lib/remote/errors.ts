import { defineErrors } from '../errors/error.ts'

/** Errors of reaching a gateway. */
export const remoteErrors = defineErrors({
  GATEWAY_UNREACHABLE: {
    message: 'The gateway behind {place} does not answer: {reason}.',
    hint: 'See whether it runs: xopc gateway status',
    http: 502,
    exit: 1,
    about: 'The connection to the gateway could not be made, or broke off before the reply was complete.',
  },
  GATEWAY_SILENT: {
    message: 'A gateway (process {pid}) holds this state folder but does not answer.',
    hint: 'If it does not come up within a minute, end it and start anew: kill {pid}, then xopc gateway',
    http: 503,
    exit: 1,
    about:
      'The process named by `run/gateway.json` lives, and its control socket stays silent: it is starting, or it hangs. Acting on the files beside it could undo what it does.',
  },
  GATEWAY_TIMEOUT: {
    message: 'The gateway behind {place} did not answer within {seconds} s.',
    hint: 'See what it is busy with: xopc gateway logs',
    http: 504,
    exit: 1,
    about: 'A connection was there but no reply came in time. What was asked for may have happened all the same.',
  },
  FAR_END_STRANGE: {
    message: 'What answers at the far end is no xopc gateway: {detail}. Nothing was sent to it.',
    hint: 'See there which port the gateway has, and name it with --remote-port: xopc gateway status',
    http: 502,
    exit: 1,
    about: 'The far end of the connection answered something that no gateway answers when it is asked who it is.',
  },
  FAR_END_UNPROVEN: {
    message: 'What answers at the far end cannot prove that it is the gateway it says it is: {detail}. Nothing was sent to it.',
    hint: 'Look on the far computer what listens on that port: xopc gateway status',
    http: 502,
    exit: 1,
    about:
      'A gateway signs a fresh challenge with its key. The signature that came does not fit the key, the address that was dialled, or the time.',
  },
  REMOTE_GATEWAY_NOT_RUNNING: {
    message: 'ssh reached {target}, but no gateway runs there on port {port}.',
    hint: 'Start it there, or name its port with --remote-port: xopc gateway --background',
    http: 502,
    exit: 1,
    about: 'The connection to the host works; nothing listens at that port of its loopback address.',
  },
  LOCAL_PORT_TAKEN: {
    message: 'Port {port} of this computer is taken{by}.',
    hint: 'Leave --local-port out to take a free one, or name another.',
    http: 409,
    exit: 1,
    about: 'The port that was asked for with `--local-port` belongs to another program, which is left alone.',
  },
})
