import { defineErrors } from '../errors/error.ts'

/** Errors that every access method may give. */
export const accessErrors = defineErrors({
  EXPOSURE_NEEDS_AUTH: {
    message: 'gateway.auth.mode is none, so everyone who could come in would be let in. Nothing was opened.',
    hint: 'Ask for a token first: xopc config set gateway.auth.mode=token',
    http: 409,
    exit: 1,
    about:
      'Whatever makes the gateway reachable from beyond this computer needs authentication, so it is refused while `gateway.auth.mode` is `none`.',
  },
  CONSENT_REQUIRED: {
    message: 'This opens the gateway to the whole internet, and nobody has agreed to that yet. Nothing was opened.',
    hint: 'Read what it means and agree: {command}',
    http: 403,
    exit: 1,
    about: 'Whatever strangers can reach needs a recorded agreement of a person. A new text asks again.',
  },
})
