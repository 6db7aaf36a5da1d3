import { defineErrors } from '../lib/errors/error.ts'

/** Errors of the command line itself. */
export const cliErrors = defineErrors({
  USAGE: {
    message: '{problem}',
    hint: 'Type `{help}` to see what this command takes.',
    http: 400,
    exit: 2,
    about: 'A flag or an argument is unknown, missing or has a value that the command does not take. Nothing was done.',
  },
  UNKNOWN_COMMAND: {
    message: 'There is no command `xopc {command}`.',
    hint: 'Type `{suggestion}`.',
    http: 400,
    exit: 2,
    about: 'The words after `xopc` are not a command. The hint names the nearest one, or the list of commands.',
  },
  NO_TOKEN: {
    message: 'There is no token to show: {reason}.',
    hint: '{next}',
    http: 404,
    exit: 1,
    about: 'The gateway signs people in another way (gateway.auth.mode), or it was never started and has not made its token yet.',
  },
  GATEWAY_DID_NOT_START: {
    message: 'The gateway did not start in the background: {problem}.',
    hint: 'Type `xopc gateway` without --background to see it start; its output is in {output}.',
    http: 500,
    exit: 1,
    about: 'The process that was started ended, or did not answer within 20 seconds, without saying why in a way that we understand.',
  },
  GATEWAY_STAYS: {
    message: 'The gateway was asked to, but did not {what} within {seconds} seconds.',
    hint: 'Type `xopc gateway status` to see whether it answers, `xopc gateway logs` to see what it does.',
    http: 504,
    exit: 1,
    about:
      'After `xopc gateway stop` the gateway closes its doors and ends what it started, after `restart` it comes up again; both are bounded in time.',
  },
  GATEWAY_WOULD_NOT_END: {
    message: 'The gateway that runs here (pid {pid}) did not end.',
    hint: 'Look at what it is doing, or end it with `kill -9 {pid}`.',
    http: 500,
    exit: 1,
    about: '`--force` asks the running gateway to end, then sends it signals. This one is still there after 10 seconds.',
  },
  TOKEN_NEEDED: {
    message: 'The gateway at {place} wants its token, and nobody can be asked for it here.',
    hint: 'Show it over there with `xopc gateway token --show`, and hand it over by stdin: xopc remote use {place} --stdin',
    http: 401,
    exit: 1,
    about:
      '`xopc remote use` asks for the token of a gateway that it does not reach as its owner. Without a terminal it comes by `--stdin`.',
  },
  COMMAND_IS_LOCAL: {
    message: '`{command}` acts on this computer, and commands are set to act on the gateway at {place}.',
    hint: '{next}',
    http: 409,
    exit: 1,
    about:
      'Some commands make sense only where a gateway runs: they start it, or show what is in its files. In remote mode they say so, instead of acting on another gateway than the rest.',
  },
  DEVICE_AMBIGUOUS: {
    message: '“{given}” could be any of these devices, so nothing was done: {devices}.',
    hint: 'Type more of its id: xopc devices list',
    http: 409,
    exit: 2,
    about: 'What was typed is the name of several devices, or the beginning of several ids.',
  },
  UNEXPECTED: {
    message: 'Something went wrong that xopc did not expect: {problem}. This is a bug in xopc.',
    hint: 'The details are in {log}. Please report them together with what you typed.',
    http: 500,
    exit: 70,
    about: 'An error that nobody foresaw. The terminal shows one sentence; the stack is in the log file.',
  },
  ANSWER_NEEDED: {
    message: 'This needs your answer, and there is no terminal to ask at, or the answer was no. Nothing was done.',
    hint: 'Read what it does, and answer with {flag}: {command}',
    http: 400,
    exit: 1,
    about:
      'A command asks before something that cannot be taken back, or that opens the gateway. Scripts answer with the flag that is named.',
  },
  TUNNEL_CLOSED: {
    message: 'The public tunnel is not open, so no device can join by its address.',
    hint: 'Open it first: xopc tunnel start',
    http: 409,
    exit: 1,
    about: 'A QR code holds the address by which a device comes; there is none yet.',
  },
})
