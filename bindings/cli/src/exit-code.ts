// How the command ends.

export enum ExitCode {
  Done = 0,
  Usage = 1,
  BadInput = 2,
}

/** The command line asks for something that does not exist. */
export class UsageError extends Error {}
