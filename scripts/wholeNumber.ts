import { InvalidArgumentError } from "commander";

/** Parses an argument that is to be a whole number. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  // `Number` takes an empty text for 0.
  if (text.trim() === "" || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("It has to be a whole number.");
  }
  return value;
}

/** Parses an argument that is to be a count of at least one. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError("It has to be a whole number of at least 1.");
  }
  return value;
}
