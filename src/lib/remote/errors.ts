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
  REMOTE_URL_INVALID: {
    message: '{from} is no address of a gateway: {url}. {problem}.',
    hint: 'It has the form https://home.example.com, or ssh://user@host.',
    http: 400,
    exit: 2,
    about:
      'The address from `--url`, `XOPC_GATEWAY_URL`, `gateway.remote` or `xopc remote use` cannot be used. Nothing was asked, and no other gateway in its place.',
  },
  INSECURE_URL: {
    message: '{url} is plain http to a public address: whoever is between could read and change everything. Nothing was sent.',
    hint: 'Use https, or reach the computer by ssh: xopc remote use ssh://user@host',
    http: 400,
    exit: 1,
    about: 'Plain http is taken for this computer and for private networks only, whatever is known of the gateway there.',
  },
  PIN_REQUIRED: {
    message:
      'The gateway at {place} is met for the first time, and over plain http whoever is between could have answered. Its key is {fingerprint}. Nothing was sent.',
    hint: 'Compare the key with what `xopc gateway status` says over there. If it is the same, type the command again with --pin.',
    http: 409,
    exit: 1,
    about:
      'A gateway is recognised by its key. Over https with a good certificate, and over ssh, the first one is kept and said; over plain http a person has to say yes.',
  },
  DEVICE_TOKEN_NEEDED: {
    message: '{place} is plain http in a network, where others can read along: the owner’s token or password is not sent there.',
    hint: 'Use https, or reach the computer by ssh: xopc remote use ssh://user@host',
    http: 400,
    exit: 1,
    about: 'Over plain http to a private address only the token of a device is sent: it can do less, and is taken back by itself.',
  },
  REMOTE_UNREACHABLE: {
    message: 'The gateway at {place} is not reached: {reason}.',
    hint: 'Check the address and the network, and see on its own computer whether it runs: xopc gateway status',
    http: 502,
    exit: 1,
    about: 'The gateway elsewhere that commands act on did not answer. A gateway on this computer is never asked in its place.',
  },
  REMOTE_TIMEOUT: {
    message: 'The gateway at {place} did not answer within {seconds} s.',
    hint: 'Check the address and the network, and see on its own computer whether it runs: xopc gateway status',
    http: 504,
    exit: 1,
    about: 'A connection was there but no reply came in time. What was asked for may have happened all the same.',
  },
  REMOTE_NAME_UNKNOWN: {
    message: 'The gateway at {place} does not know this address as its own, so it proves nothing there. Nothing was sent.',
    hint: 'If the address is yours, say so on the computer of the gateway: xopc proxy set {origin}',
    http: 421,
    exit: 1,
    about:
      'A gateway signs for its own addresses alone, so that nobody in between can pass a challenge on to it. This address is not set there, or somebody else answers.',
  },
  REMOTE_TOKEN_MISSING: {
    message: 'The gateway at {place} wants a token, and there is none for it here.',
    hint: 'Show it over there with `xopc gateway token --show`, then save it here: xopc remote use {known}',
    http: 401,
    exit: 1,
    about:
      'A token is sent only to the gateway that it belongs to: `gateway.remote.token` to `gateway.remote.url`, `XOPC_GATEWAY_TOKEN` to the address that was given beside it.',
  },
  REMOTE_TOKEN_REFUSED: {
    message: 'The gateway at {place} does not take the token that is kept for it: it was replaced, or its device was removed.',
    hint: 'Show the present one over there with `xopc gateway token --show`, then save it here: xopc remote use {known}',
    http: 401,
    exit: 1,
    about: 'The gateway proved itself and got the token or password, and answered 401.',
  },
  NO_REMOTE_GATEWAY: {
    message: 'No gateway elsewhere is set.',
    hint: 'Name it by its address, or by the computer that it runs on: xopc remote use ssh://user@host',
    http: 404,
    exit: 1,
    about: 'Commands of `xopc remote` without an address speak of `gateway.remote`, which is not in the configuration.',
  },
})
