import { defineErrors } from '../errors/error.ts'

/** What can go wrong with a program that is kept running. */
export const supervisorErrors = defineErrors({
  CHILD_FAILED: {
    message: '{name} did not start: {reason}. Its last words: {output}',
    hint: 'xopc tries again by itself. What it said is in the log: xopc gateway logs --lines 50',
    http: 503,
    exit: 1,
    about: 'A program that xopc keeps running ended before it was ready, was not ready in time, or could not be started at all.',
  },
})
