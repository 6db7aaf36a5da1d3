import { defineErrors } from '../../errors/error.ts'

/** What can go wrong with frpc: with the program, with fetching it, and with what it is told. */
export const frpcErrors = defineErrors({
  FRPC_MISSING: {
    message: 'The program frpc {version} is not in the state folder yet: {path}.',
    hint: 'It is fetched and checked when the tunnel is switched on: xopc tunnel start',
    http: 503,
    exit: 1,
    about: 'The public tunnel runs frpc, which xopc fetches once, from the releases of frp. A frpc on PATH is never used.',
  },
  FRPC_PATH_MISSING: {
    message: 'XOPC_FRPC_PATH names {path}, and there is no program.',
    hint: 'Correct it, or leave it out: then xopc fetches frpc by itself.',
    http: 503,
    exit: 1,
    about: 'XOPC_FRPC_PATH leads to nothing, or to something that is no file. Nothing else is run in its place.',
  },
  FRPC_UNSUPPORTED: {
    message: 'There is no frpc for {platform} that xopc knows the digest of.',
    hint: 'Name one of your own with XOPC_FRPC_PATH, or use another way in: xopc proxy set --help',
    http: 501,
    exit: 1,
    about: 'xopc knows the digests of frpc for Linux and macOS, each on 64-bit Intel and ARM. Windows hosts no gateway.',
  },
  FRPC_CHANGED: {
    message:
      'The frpc at {path} is not the one that was put there: its SHA-256 is {found}, and {expected} was expected. It was not started.',
    hint: 'Find out who changed it. To have it fetched anew, remove it first: rm {path}',
    http: 500,
    exit: 1,
    about: 'The file is compared with its digest before every start. Another program, a disk fault or an attacker changed it.',
  },
  FRPC_TRUNCATED: {
    message: 'The frpc at {path} is cut short: {found} of {expected} bytes are there. It was not started.',
    hint: 'Look whether the disk is full or broken. To have it fetched anew, remove it first: rm {path}',
    http: 500,
    exit: 1,
    about: 'The file is shorter than what was put there, as after a crash of the computer or on a full disk.',
  },
  FRPC_NOT_SAFE: {
    message: 'The frpc at {path} is not started: {reason}.',
    hint: 'See whose it is and who may write to it: ls -l {path}',
    http: 500,
    exit: 1,
    about:
      'It is a link where xopc put a file, belongs to another user, or can be written to by others, who could then run what they like as you.',
  },
  FRPC_NOT_EXECUTABLE: {
    message: 'The frpc at {path} may not be run: it has no execute permission.',
    hint: 'Give it that: chmod u+x {path}',
    http: 503,
    exit: 1,
    about: 'The file is there, and its mode does not let this user run it. Some packages install it so.',
  },
  FRPC_NOEXEC: {
    message:
      'The frpc at {path} may be run by its mode, and the system does not let it: its disk is mounted without the right to run programs.',
    hint: 'Mount it without noexec, or set XOPC_STATE_DIR (or XOPC_FRPC_PATH) to a place on another disk.',
    http: 503,
    exit: 1,
    about: 'The file system is mounted with `noexec`, or a security policy of the system forbids programs there.',
  },
  FRPC_WRONG_ARCHITECTURE: {
    message: 'The frpc at {path} is a program for {found}, and this computer runs programs for {expected}.',
    hint: 'Name one for this computer with XOPC_FRPC_PATH, or leave that out: then xopc fetches the right one.',
    http: 503,
    exit: 1,
    about: 'The header of the file names another system or processor, or it is no program at all.',
  },
  FRPC_QUARANTINED: {
    message: 'macOS does not let the frpc at {path} start: it is in quarantine.',
    hint: 'Where you trust it, take it out: xattr -d com.apple.quarantine {path}',
    http: 503,
    exit: 1,
    about: 'macOS marks files that a browser or mail program saved, and ends an unsigned program with that mark as it starts.',
  },
  FRPC_TOO_OLD: {
    message: 'The frpc at {path} is too old: {version}. xopc needs {needed}.',
    hint: 'Name a newer one with XOPC_FRPC_PATH, or leave that out: then xopc fetches the right one.',
    http: 503,
    exit: 1,
    about: 'frp before 0.68.1 has a known hole (CVE-2026-40910).',
  },
  FRPC_BROKEN: {
    message: 'The frpc at {path} does not run: {reason}.',
    hint: 'See what it says to you: {path} -v',
    http: 503,
    exit: 1,
    about: 'Asked for its version, it could not be started, was ended by the system, hung, or said something else.',
  },
  FRPC_NOT_PINNED: {
    message: 'XOPC_FRPC_PATH names a frpc that is not the official {version}: its SHA-256 is {found}. It is used because you named it.',
    hint: 'Leave XOPC_FRPC_PATH out to have the official one fetched and checked.',
    http: 200,
    exit: 1,
    about: 'A warning: xopc cannot tell what a frpc of your own does. It sees all that goes through the tunnel.',
  },
  FRPC_NOT_FETCHED: {
    message: 'frpc could not be fetched from {url}: {reason}.',
    hint: 'Try again. Where this computer cannot reach that, start the gateway with XOPC_FRPC_MIRROR (a mirror) or XOPC_FRPC_PATH (a frpc of your own).',
    http: 502,
    exit: 1,
    about:
      'The network, the server or a proxy between them is in the way, or the connection stood still for 30 s. Nothing was left behind.',
  },
  FRPC_ARCHIVE_CHANGED: {
    message:
      'What came from {url} is not the release: its SHA-256 is {found}, and {expected} was expected. Nothing of it was read or kept.',
    hint: 'Try again, and from another network: somebody between you and the server may have put something else in its place.',
    http: 502,
    exit: 1,
    about:
      'The archive is compared with a digest in the source of xopc before anything in it is read. A page of a network login does this, too.',
  },
  FRPC_ARCHIVE_REFUSED: {
    message: 'The archive of frpc is not unpacked: {reason}.',
    hint: 'Name a frpc of your own with XOPC_FRPC_PATH, and tell us: this archive should not exist.',
    http: 502,
    exit: 1,
    about: 'The archive has the right digest and holds something else than the one file that is looked for. Nothing was written.',
  },
  FRPC_MIRROR_INVALID: {
    message: 'XOPC_FRPC_MIRROR is no place to fetch frpc from: {mirror}.',
    hint: 'Name an https address, under which v0.71.0/frp_0.71.0_linux_amd64.tar.gz and the like lie. The digest is compared all the same.',
    http: 400,
    exit: 2,
    about: 'A mirror is an https address, or an http one on this computer, without a user name, a password, a query or a fragment.',
  },
  FRPC_CONFIG_INVALID: {
    message: 'No configuration of frpc is made from this {what}.',
    hint: 'Ask whoever runs the broker: what it gives out is not in the form that xopc takes. On this computer, a path of the state folder may be the reason.',
    http: 502,
    exit: 1,
    about:
      'What a broker gives out ends in a file that frpc reads as a template and as TOML, so only letters, digits and few signs are taken. Without TLS only a frp server on this computer is used.',
  },
})
