import { LossError } from "../engine/error.js";

/** Input or usage that cannot be worked on: one line for the user, exit status 2. */
export class InputError extends Error {}

/** Refuses a file or an argument. */
export function refuse(subject: string, expected: string, received: string): never {
  throw new InputError(`${subject}: expected ${expected}, received ${received}`);
}

/** Calls the library; what it refuses is said of this subject. */
export function saidOf<T>(subject: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof LossError)) throw error;
    refuse(subject, error.expected, error.received);
  }
}

/** Where the arguments of a call of the library come from. */
export interface Origin {
  logits: string;
  labels: string;
  /** The row of the files with which the arguments begin. */
  row: number;
}

/** Calls the library; what it refuses is said of the file that it was read from. */
export function explained<T>(origin: Origin, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof LossError)) throw error;
    const { argument, expected, received, row, index } = error;
    const subject = /^(labels|lossLabels)/.test(argument)
      ? origin.labels
      : argument.startsWith("logits")
        ? origin.logits
        : argument;
    const places = [
      row === undefined ? "" : `row ${origin.row + row}`,
      index === undefined ? "" : `index ${index}`,
    ];
    const place = places.filter(Boolean).join(", ");
    refuse(subject, expected, place ? `${received} (${place})` : received);
  }
}
