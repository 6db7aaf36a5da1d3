import { defineErrors } from '../../errors/error.ts'

/** Errors of Tailscale as a way in; what its program says is in binaries/errors.ts. */
export const tailscaleErrors = defineErrors({
  TAILSCALE_STARTING: {
    message: 'Tailscale is just connecting.',
    hint: 'The gateway goes on by itself once it is connected.',
    http: 503,
    exit: 1,
    about: 'Tailscale was started a moment ago, or has lost its network.',
  },
  TAILSCALE_OTHER_USER: {
    message: 'Tailscale is in use by another user of this computer.',
    hint: 'Sign in as that user, or let this one be its operator: sudo tailscale set --operator=$USER',
    http: 409,
    exit: 1,
    about: 'On some systems Tailscale belongs to the person who signed in first.',
  },
  TAILSCALE_HTTPS_OFF: {
    message: 'Your tailnet does not give certificates yet, so nothing can be served over https.',
    hint: 'Switch on HTTPS on the page that is named, or in the DNS settings of the Tailscale admin console; the gateway goes on by itself.',
    http: 409,
    exit: 1,
    about: 'MagicDNS and HTTPS certificates are settings of the whole tailnet, which an administrator makes once.',
  },
  TAILSCALE_FUNNEL_OFF: {
    message: 'Your tailnet does not allow Funnel for this computer.',
    hint: 'Allow it on the page that is named; the gateway goes on by itself.',
    http: 409,
    exit: 1,
    about: 'Funnel is allowed by the access rules of the tailnet, which an administrator writes once.',
  },
  FUNNEL_PORT: {
    message: 'Funnel does not take port {port}; it takes {allowed}.',
    hint: 'Choose one of them: xopc tailscale funnel --port 443',
    http: 409,
    exit: 1,
    about: 'Which ports Funnel opens is decided by Tailscale: 443, 8443 and 10000.',
  },
  TAILSCALE_NOT_SERVING: {
    message: 'Tailscale said that it serves the gateway, and does not.',
    hint: 'See what it serves: tailscale serve status',
    http: 502,
    exit: 1,
    about: 'The command ended well, and the entry is not there afterwards. It is tried again by itself.',
  },
  TAILSCALE_ENTRY_LEFT: {
    message: 'Nobody comes in any more, but our entry is still in Tailscale and leads nowhere: {reason}',
    hint: 'It is taken out as soon as Tailscale can be reached, while a gateway runs; or do it yourself: tailscale serve status',
    http: 503,
    exit: 1,
    about:
      'The door behind the entry is closed. The entry itself could not be removed, because Tailscale does not run or is not connected.',
  },
  CHANGED_OUTSIDE: {
    message: 'Our Tailscale entry was removed or changed by somebody else, and is not put back against that.',
    hint: 'Switch it on again, if it was not meant so: {command}',
    http: 409,
    exit: 1,
    about: 'What a person did by hand outside xopc (for example `tailscale serve off`) is respected and shown.',
  },
})
