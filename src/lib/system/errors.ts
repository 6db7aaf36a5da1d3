import { defineErrors } from '../errors/error.ts'

/** What can go wrong with files, programs and the network of this computer. */
export const systemErrors = defineErrors({
  FILE_NOT_READABLE: {
    message: 'Cannot read {path}: {reason}.',
    hint: 'Check who owns it: ls -ld {path}',
    http: 500,
    exit: 1,
    about:
      'A file or folder that xopc needs exists but this user may not read it, or the path goes through something that is not a folder.',
  },
  FILE_NOT_WRITABLE: {
    message: 'Cannot write {path}: {reason}. Nothing was changed.',
    hint: 'Check owners and modes: ls -ld {folder} {path}',
    http: 500,
    exit: 1,
    about:
      'A file could not be written, created or removed: no permission, a read-only file system, or a folder in its place. The old content is still there.',
  },
  DISK_FULL: {
    message: 'Cannot write {path}: the disk is full. The old content is still there.',
    hint: 'Make room, then try again: df -h {folder}',
    http: 507,
    exit: 1,
    about:
      'The file system has no space (or no quota) left. xopc writes a new file first and swaps it in whole, so the old one is untouched.',
  },
  FOLDER_NOT_PRIVATE: {
    message: '{path} is not used: {reason}. xopc keeps secrets and sockets only in a folder that nobody but you can enter.',
    hint: 'Look at it with ls -ld {path}, then move it away or set XOPC_STATE_DIR to a folder of your own.',
    http: 500,
    exit: 1,
    about: 'A folder for private files or sockets is a link, is not a folder, or has a mode that lets other users in.',
  },
  STATE_NOT_OURS: {
    message: '{path} belongs to {owner}, not to you. xopc keeps secrets there and does not use it.',
    hint: 'Run xopc as that user, or set XOPC_STATE_DIR to a folder of your own.',
    http: 500,
    exit: 1,
    about: 'The state folder, or a folder or file in it, is owned by another user; often after one start with sudo.',
  },
  NO_HOME: {
    message: 'There is no home folder to keep the state of xopc in: HOME is not set and this user has none in the user database.',
    hint: 'Set XOPC_STATE_DIR to a folder of your own: XOPC_STATE_DIR=/var/lib/xopc xopc gateway',
    http: 500,
    exit: 1,
    about: 'Neither XOPC_STATE_DIR nor HOME is set, and the user database knows no home folder. Happens in containers and services.',
  },
  SOCKET_PATH_TOO_LONG: {
    message: 'No folder for sockets has a path short enough: {path} would be {length} bytes, the system allows 100.',
    hint: 'Set XDG_RUNTIME_DIR or XOPC_STATE_DIR to a shorter path.',
    http: 500,
    exit: 1,
    about:
      'Unix sockets have a limit on the length of their path. The state folder, XDG_RUNTIME_DIR and the temporary folder were all too long.',
  },
  LOCK_TIMEOUT: {
    message: 'Another xopc (pid {pid}) has held {path} for {seconds} s.',
    hint: 'Wait and try again. If no xopc runs, remove the file: rm {path}',
    http: 503,
    exit: 1,
    about: 'Two programs of xopc change the same file one after the other; the first did not finish in time.',
  },
  PROGRAM_NOT_FOUND: {
    message: 'The program {program} was not found.',
    hint: 'Install it, or give its full path.',
    http: 503,
    exit: 1,
    about: 'A program that xopc starts is not installed or is not on PATH.',
  },
  PROGRAM_NOT_STARTED: {
    message: 'The program {program} could not be started: {reason}.',
    hint: 'Check that it is a program for this computer and that you may run it: ls -l {program}',
    http: 503,
    exit: 1,
    about: 'The system refused to start a program: no permission, wrong architecture, or too many processes.',
  },
  PROGRAM_TIMEOUT: {
    message: 'The program {program} did not finish within {seconds} s and was ended.',
    http: 504,
    exit: 1,
    about: 'A program that xopc asked something did not answer in time.',
  },
})
