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
})
