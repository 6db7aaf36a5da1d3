import { defineErrors } from '../errors/error.ts'

/** Errors of asking a gateway, besides what it answers itself. */
export const clientErrors = defineErrors({
  NOT_XOPC_GATEWAY: {
    message: 'What answered is not an xopc gateway: {detail}.',
    hint: 'Check the address. If a proxy stands in front of the gateway, its own page may have answered.',
    http: 502,
    exit: 1,
    about:
      'A reply had a form that no xopc gateway of any version gives: a login wall, another program on the port, or a proxy’s error page.',
  },
  WRONG_GATEWAY: {
    message: 'What answers at {place} is not the gateway that this computer knows there: {detail}. Nothing was sent to it.',
    hint: 'If the gateway was set up anew, compare its key with what it shows itself, then forget the old one: xopc remote forget {known}',
    http: 502,
    exit: 1,
    about:
      'What answered could not sign a fresh challenge with the key of this gateway, so no credential was sent there. In a staged test: the address leads to another xopc gateway, or to a recorded answer of one.',
  },
  GATEWAY_VERSION_SKEW: {
    message: 'The gateway speaks API level {theirs} and this xopc speaks {ours}, and what was asked for is not the same in both.',
    hint: 'Use the same version on both sides; after an update: xopc gateway restart',
    http: 502,
    exit: 1,
    about: 'A command met a gateway of another version that does not know the request, or answers it in a form this version does not know.',
  },
})
