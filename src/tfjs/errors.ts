import { LossError } from "../engine/error.js";

const NAMES: Record<string, string> = { logits: "yPred", labels: "yTrue" };

/** Runs what calls the arguments by the names of the package, and lets its errors name the tensors that they are about. */
export function withTensorNames<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    const argument = error instanceof LossError ? NAMES[error.argument] : undefined;
    if (!(error instanceof LossError) || argument === undefined) throw error;
    const { code, expected, received, row, index } = error;
    const place = { ...(row !== undefined && { row }), ...(index !== undefined && { index }) };
    throw new LossError(code, { argument, expected, received, ...place, cause: error });
  }
}
