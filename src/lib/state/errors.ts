import { defineErrors } from '../errors/error.ts'

/** What can go wrong with the lock of the state folder and what is kept there. */
export const stateErrors = defineErrors({
  GATEWAY_ALREADY_RUNNING: {
    message: 'A gateway already runs on this state folder: pid {pid}, {url}.',
    hint: 'Use that one (xopc gateway status), end it (xopc gateway stop), or give this one a folder of its own with XOPC_STATE_DIR.',
    http: 409,
    exit: 1,
    about: 'Two gateways on one state folder would share identity, sockets and log. The first one is alive, or is just starting.',
  },
  KNOWN_GATEWAYS_BROKEN: {
    message: 'The file of gateways that this computer knows, {path}, cannot be read: {reason}. It was left as it is.',
    hint: 'Mend it, or remove it and compare the key of each gateway anew when it is met.',
    http: 500,
    exit: 3,
    about:
      '`known-gateways.json` holds which key each gateway elsewhere has proven. Without it no gateway can be recognised, so nothing is sent.',
  },
  EXPOSURES_BROKEN: {
    message: 'The note of what xopc switched on outside, {path}, cannot be read. It was left as it is.',
    hint: 'Look at what Tailscale serves (`tailscale serve status`), then remove the file.',
    http: 500,
    exit: 3,
    about:
      '`exposures.json` says which entries are ours. Without it nothing outside is switched on or off, because it could be somebody else’s.',
  },
  TUNNEL_STATE_BROKEN: {
    message: 'The note of the public tunnel, {path}, cannot be read. It was left as it is.',
    hint: 'Remove the file. The broker knows this gateway by its key, and gives it the same name again.',
    http: 500,
    exit: 3,
    about: '`tunnel.json` holds the lease that the broker gave last: its name, and the token that renews it.',
  },
})
