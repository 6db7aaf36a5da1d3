import { defineErrors } from '../errors/error.ts'

/** Errors of what a person asks a gateway to do, whichever implementation answers. */
export const coreErrors = defineErrors({
  GATEWAY_NOT_RUNNING: {
    message: 'No gateway is running on this computer, and this needs one.',
    hint: 'Start it: xopc gateway',
    http: 503,
    exit: 1,
    about:
      'The command acts on a running gateway and the lock file in the state folder names none that answers. Settings, plans and logs work without one.',
  },
  RESTART_IS_REMOTE: {
    message:
      'The gateway was not restarted and goes on as it is: its configuration says gateway.mode remote, and with that none starts here.',
    hint: 'Let this computer have its gateway again: xopc remote off',
    http: 409,
    exit: 1,
    about: 'Somebody set remote mode on the computer of a running gateway. A restart would end it and start none.',
  },
  UNKNOWN_METHOD: {
    message: 'There is no access method “{id}”.',
    hint: 'Known methods: {known}.',
    http: 404,
    exit: 2,
    about: 'A path or command named an access method that this version does not have.',
  },
  METHOD_HAS_NO_URL: {
    message: '{id} is not on, so there is no address to test.',
    hint: 'Switch it on, or test an address: xopc proxy test <url>',
    http: 409,
    exit: 1,
    about: 'A test of an access method goes to the address by which it is reached, which only a method that is on has.',
  },
  SETTING_OVERRIDDEN: {
    message: '{key} comes from {origin}, which wins over the configuration file. Nothing was changed.',
    hint: 'Start the gateway without {origin}, then try again.',
    http: 409,
    exit: 1,
    about:
      'Flags and environment variables win over the configuration file, so the saved value has no effect until the gateway starts without them.',
  },
  TOKEN_NOT_USED: {
    message: 'Your proxy signs people in (gateway.auth.mode is trusted-proxy), so no token opens this gateway, and none was made.',
    hint: 'To shut out a user, change your proxy or gateway.auth.trustedProxy. To use a token again: xopc config set gateway.auth.mode=token',
    http: 409,
    exit: 1,
    about: 'In trusted-proxy mode the owner’s token has no effect, and a new one would change nothing for anybody.',
  },
  OFF_NOT_SAVED: {
    message: '{id} is off now, but that could not be saved: {reason} After a restart it would be on again.',
    hint: 'Mend the configuration file, then switch it off once more.',
    http: 409,
    exit: 1,
    about:
      'Switching off never waits for the configuration file. Where the file is broken or read-only the method is closed all the same, and this says that the file still asks for it.',
  },
  CONSENT_NOT_ASKED: {
    message: 'Nothing has to be agreed to for {id}.',
    hint: 'Switch it on as it is.',
    http: 409,
    exit: 2,
    about: 'Only what opens the gateway to the whole internet by itself asks for an agreement.',
  },
  CONSENT_OUTDATED: {
    message: 'What is to be agreed to has another text now: {version}. Nothing was recorded.',
    hint: 'Read the text as it is now, then agree again; an older program has to be updated first.',
    http: 409,
    exit: 1,
    about: 'An agreement counts for the text that the person has seen, which is named by its version.',
  },
  DURATION_INVALID: {
    message: '“{text}” is no time that a way in can be opened for.',
    hint: 'Write it like 30m, 2h or 1h30m; from 10s to 7d.',
    http: 400,
    exit: 2,
    about: '`--for` opens a way in for a time; what is to stay open is switched on without it.',
  },
  SCOPE_MISSING: {
    message: 'This needs the right “{scope}”, and what you signed in with has: {has}.',
    hint: 'Send the owner token as Authorization: Bearer, or use xopc on the computer of the gateway.',
    http: 403,
    exit: 1,
    about: 'The credential is valid but may not do this. A browser session needs its session key besides the cookie to change anything.',
  },
  GATEWAY_LOOPBACK_ONLY: {
    message: 'Only this computer reaches the gateway, so no code for a device was made: a phone could do nothing with it.',
    hint: 'Open it to your network: xopc lan on. Behind a proxy of your own: xopc proxy set <url>',
    http: 409,
    exit: 1,
    about: 'No way in is switched on. A pairing code holds an address, and the only one that there is, is this computer itself.',
  },
  NO_REACHABLE_URL: {
    message: 'No address of the gateway works at the moment, so no code for a device was made. {reason}',
    hint: '{next}',
    http: 409,
    exit: 1,
    about: 'A way in is switched on, but its test fails, it waits for something, or its only address is one that a device must not use.',
  },
  LOOPBACK_NOT_REACHABLE: {
    message: 'For a device {url} is the device itself, not the gateway’s computer.',
    hint: 'Name an address that leads here from elsewhere. To see which there are: xopc status',
    http: 400,
    exit: 2,
    about: 'A loopback address was asked for as the address of a pairing code.',
  },
  ADMIN_IN_XOPC_UI: {
    message: 'A browser that is paired by a code never administrates the gateway.',
    hint: 'For a browser that only uses it, leave out --admin. To administrate, on the gateway’s computer: xopc ui',
    http: 403,
    exit: 2,
    about: 'A page of the app, or another page at the same origin, could use what the browser holds. So its cookie grants `read run` only.',
  },
  PAIRING_NOT_FOUND: {
    message: 'There is no pairing code {id} of yours.',
    hint: 'Make one: xopc pair',
    http: 404,
    exit: 1,
    about: 'Codes are shown to whoever made them only, are kept in memory for a while, and end with the gateway.',
  },
  DEVICE_NOT_FOUND: {
    message: 'There is no device {id}.',
    hint: 'See which there are: xopc devices list',
    http: 404,
    exit: 1,
    about: 'The device was revoked, or the id is not that of a paired device.',
  },
  DEVICE_NAME_INVALID: {
    message: 'This is not a name for a device: it needs 1 to 64 characters that can be seen.',
    hint: 'For example: Anna’s phone',
    http: 400,
    exit: 2,
    about: 'Names are shown in terminals and pages, so control and invisible characters are taken out; nothing was left, or too much.',
  },
  METHOD_FAILED: {
    message: '{id} failed in a way that xopc does not know. This is a bug in xopc.',
    hint: 'See what the log says: xopc gateway logs',
    http: 500,
    exit: 70,
    about:
      'An access method threw something that is not one of the errors on this page. The stack is in the gateway log; the method is tried again.',
  },
  METHOD_TIMEOUT: {
    message: '{id} was still not done after {seconds} s and was given up for now.',
    hint: 'It is tried again by itself; see why with: xopc gateway logs',
    http: 504,
    exit: 1,
    about:
      'Switching an access method on or off is bounded in time; when the bound is reached the attempt is cancelled and repeated later.',
  },
  LAN_IS_PUBLIC: {
    message: 'gateway.bind takes in a public address of this computer: anyone on the internet may reach the gateway, over plain http.',
    hint: 'Listen on private addresses only: xopc lan on',
    http: 409,
    exit: 1,
    about: 'A conflict in the overview: an address that is reached from the internet was named, or `0.0.0.0` on a computer that has one.',
  },
  PUBLIC_URL_IS_ANOTHER: {
    message: 'gateway.publicUrl is {url}, and something else than this gateway answers there: devices would be sent to it.',
    hint: 'Take the name back until it leads here: xopc proxy clear',
    http: 409,
    exit: 1,
    about: 'A conflict in the overview: the staged test of `gateway.publicUrl` found another gateway, or a page that is none.',
  },
  TRUSTED_PROXIES_WIDE: {
    message: 'Critical: gateway.trustedProxies has {range}, so any of its computers may claim to be any visitor.',
    hint: 'Name the one address that your proxy connects from: xopc config edit',
    http: 409,
    exit: 1,
    about: 'A conflict in the overview: a range of a whole company, or of all containers, is trusted to say who a visitor is.',
  },
})
