import { defineErrors } from '../errors/error.ts'

/** What can go wrong with the lock of the state folder. */
export const stateErrors = defineErrors({
  GATEWAY_ALREADY_RUNNING: {
    message: 'A gateway already runs on this state folder: pid {pid}, {url}.',
    hint: 'Use that one (xopc gateway status), end it (xopc gateway stop), or give this one a folder of its own with XOPC_STATE_DIR.',
    http: 409,
    exit: 1,
    about: 'Two gateways on one state folder would share identity, sockets and log. The first one is alive, or is just starting.',
  },
})
