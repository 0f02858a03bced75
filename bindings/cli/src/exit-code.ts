// How the command ends.

export enum ExitCode {
  Done = 0,
  Usage = 1,
  BadInput = 2,
  AccuracyNotMet = 3,
}

/** The command did its work and has shown the result, which is below what was asked for. */
export class AccuracyNotMet extends Error {}

/** The command line asks for something that does not exist. */
export class UsageError extends Error {}
