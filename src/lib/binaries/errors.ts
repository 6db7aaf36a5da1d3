import { defineErrors } from '../errors/error.ts'

/** What can go wrong with the programs that xopc drives. */
export const binaryErrors = defineErrors({
  SSH_MISSING: {
    message: 'There is no ssh on this computer: {program} was not found.',
    hint: 'Install OpenSSH’s client (Debian: apt install openssh-client), or name it with XOPC_SSH_PATH.',
    http: 503,
    exit: 1,
    about: 'xopc uses the ssh of the computer, with the configuration, agent and known hosts that are there. None was found on PATH.',
  },
  SSH_TOO_OLD: {
    message: 'This ssh is too old: {version}. xopc needs OpenSSH {needed}.',
    hint: 'Update it, or name a newer one with XOPC_SSH_PATH.',
    http: 503,
    exit: 1,
    about:
      'Forwards to a unix socket came with OpenSSH 6.7 jump hosts with 7.3, and commands beside a `RemoteCommand` of the configuration with 7.6; an older client, or a program that is no OpenSSH, is not used.',
  },
  SSH_TARGET_INVALID: {
    message: '{target} is no place that ssh can be sent to: {problem}.',
    hint: 'Write it as user@host, host, user@host:port or a name of your ssh configuration: xopc gateway ssh-tunnel --target user@host',
    http: 400,
    exit: 2,
    about:
      'A target is a user name (letters, digits and . _ + -), a host name, an IPv4 address or an IPv6 address in brackets, and a port. Nothing that ssh or a shell could read as an option or a command is taken.',
  },
  SSH_IDENTITY_MISSING: {
    message: 'The key {path} cannot be read: {reason}.',
    hint: 'Name the private key (not the .pub file) with --identity, or leave it out to use the keys of your agent and configuration.',
    http: 400,
    exit: 1,
    about: 'ssh goes on without a key that it cannot read and then fails for another reason, so xopc looks first.',
  },
  SSH_AUTH_FAILED: {
    message: '{target} did not let you in: {reason}.',
    hint: 'Nobody can answer questions of ssh here. A key with a passphrase goes to the agent first (ssh-add); then this must work without a question: ssh -o BatchMode=yes {command} true',
    http: 502,
    exit: 1,
    about: 'No key was taken, or the server asks for a password or a second factor, which nobody could type here.',
  },
  SSH_HOST_KEY_UNKNOWN: {
    message: 'This computer does not know the host key of {target} yet, and xopc never accepts one by itself.',
    hint: 'Sign in by hand once and compare the fingerprint that it shows: ssh {command}',
    http: 502,
    exit: 1,
    about: 'The host is not in known_hosts. Accepting its key unseen would let anybody between the two computers be that host.',
  },
  SSH_HOST_KEY_CHANGED: {
    message:
      'The host key of {target} is not the one that this computer knows. Somebody may stand between, or the host was set up anew. Nothing was sent.',
    hint: 'Ask whoever runs the host whether its key changed, and compare the new one, before you remove the old one with ssh-keygen -R.',
    http: 502,
    exit: 1,
    about: 'ssh refuses a host whose key differs from the one in known_hosts. xopc never overrides that.',
  },
  SSH_HOST_NOT_FOUND: {
    message: 'There is no host of the name {target} here: {reason}.',
    hint: 'Check the spelling, or give the host a name in ~/.ssh/config. To see what ssh makes of it: ssh -G {command}',
    http: 502,
    exit: 1,
    about: 'The name of the host, or of a jump host, leads to no address.',
  },
  SSH_NO_CONNECTION: {
    message: '{target} cannot be reached by ssh: {reason}.',
    hint: 'See whether that computer is on, on your network, and takes ssh there: ssh {command}',
    http: 502,
    exit: 1,
    about: 'The connection was refused, timed out, has no route, or ended before anybody signed in.',
  },
  SSH_LOST: {
    message: 'The connection to {target} broke off: {reason}.',
    hint: 'It is made anew by itself.',
    http: 502,
    exit: 1,
    about: 'The network went away, one of the computers slept, or the server was restarted, after the forward had worked.',
  },
  SSH_FORWARDING_FORBIDDEN: {
    message: '{target} lets you in but forwards nothing for you.',
    hint: 'Its administrator allows it for your user with AllowTcpForwarding in sshd_config and PermitOpen, or in the line of your key in authorized_keys.',
    http: 502,
    exit: 1,
    about: 'The server’s sshd answers "administratively prohibited" where a forward is asked for.',
  },
  SSH_CONFIG_INVALID: {
    message: 'ssh does not understand its own configuration: {reason}.',
    hint: 'Mend the line that it names; this must work first: ssh -G {command}',
    http: 502,
    exit: 1,
    about:
      'A file of ssh (~/.ssh/config or /etc/ssh/ssh_config) has an option or a value that this ssh does not take, or rights that it refuses.',
  },
  SSH_FAILED: {
    message: 'ssh to {target} ended: {reason}.',
    hint: 'To see all of what it does: ssh -v {command} true',
    http: 502,
    exit: 1,
    about: 'ssh ended with a reason that xopc does not know. The last thing it said is quoted.',
  },
})
