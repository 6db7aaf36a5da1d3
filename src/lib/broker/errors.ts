import { defineErrors } from '../errors/error.ts'

/** What can go wrong with a broker on this computer; what it refuses over HTTP has codes of its own (protocol/broker-api.ts). */
export const brokerErrors = defineErrors({
  BROKER_STORE_BROKEN: {
    message: 'The broker’s file {path} cannot be used: {reason}.',
    hint: 'Put a copy in its place that was made before; BACKUP.md of the set says how.',
    http: 500,
    exit: 3,
    about: 'The SQLite file of names, leases and registration keys cannot be opened, is no database, or was written by a newer xopc.',
  },
  BROKER_NOT_SAVED: {
    message: 'The broker has ended and could not save the last heartbeats: {reason}.',
    hint: 'Names and tunnels come back by themselves. See to the disk and to who else holds the file, then: xopc broker start',
    http: 500,
    exit: 1,
    about:
      'The SQLite file could not be written at the end: the disk is full, or another program keeps it locked. Nothing else is lost, and frps has ended.',
  },
  BROKER_PORT_TAKEN: {
    message: 'The broker cannot listen on {place}: {reason}.',
    hint: 'End what listens there, or take another port: xopc broker start --dev --port 0',
    http: 409,
    exit: 1,
    about: 'Another program, perhaps another broker, has the port of the API or of the plugin. What frps cannot have it says itself.',
  },
  BROKER_ALREADY_RUNNING: {
    message: 'A broker already runs on {folder} (process {pid}).',
    hint: 'Use that one, or end it first. Another one needs a folder of its own: --dir.',
    http: 409,
    exit: 1,
    about: 'Two brokers on one folder would give out the same names.',
  },
  BROKER_NOT_SET_UP: {
    message: 'There is no broker in {folder}: {file} is missing.',
    hint: 'Write the set for a public host with --domain, or try one on this computer first: xopc broker start --dev',
    http: 404,
    exit: 1,
    about: 'Commands of a broker act on a folder that `xopc broker init`, or `xopc broker start --dev`, has made.',
  },
  BROKER_CONFIG_BROKEN: {
    message: 'The broker’s settings {path} cannot be used: {problem}.',
    hint: 'Mend the file. What it has to look like shows a fresh set in another folder: xopc broker init',
    http: 500,
    exit: 3,
    about: '`broker.json` is no JSON5, or a value in it is not one that a broker could work with.',
  },
  BROKER_FRPS_FAILED: {
    message: 'frps does not come up: {reason}',
    hint: 'What it said stands in {log}.',
    http: 503,
    exit: 1,
    about:
      'frps ended before it was ready: often a port that is taken, that of the gateways or of visitors, or a certificate that cannot be read.',
  },
  BROKER_ALREADY_SET_UP: {
    message: '{path} is there already, and nothing is overwritten.',
    hint: 'Write the set into another folder with --dir, or move the old one away.',
    http: 409,
    exit: 1,
    about: '`xopc broker init` writes only into a folder in which there is none of its files.',
  },
  BROKER_DOMAIN_INVALID: {
    message: '{domain} is no domain that a broker could have.',
    hint: 'Name one like frp.example.com, whose DNS you manage.',
    http: 400,
    exit: 2,
    about: 'A domain has at least two parts of letters, digits and hyphens. Names of tunnels are put before it.',
  },
  BROKER_KEY_UNKNOWN: {
    message: 'There is no registration key {id} that could be revoked.',
    hint: 'See which there are: xopc broker key list',
    http: 404,
    exit: 1,
    about: 'No key has this id, or it was revoked before.',
  },
  BROKER_TUNNEL_UNKNOWN: {
    message: 'There is no tunnel {tunnel} that could be revoked.',
    hint: 'See which there are: xopc broker tunnels list',
    http: 404,
    exit: 1,
    about: 'No name and no id is this one, or it was given back or revoked before.',
  },
})
