import type { LaterEngine } from "../engine/engine.js";
import { LossError } from "../engine/error.js";
import type { LossEngine } from "../engine/load.js";
import type { KernelLoss } from "../engine/loss.js";

/** An engine with threads, or what stands for one where there are none. */
export interface ThreadedEngine extends LossEngine, LaterEngine<KernelLoss<object>> {
  readonly threads: number;
  /** Settles when all threads wait for work. */
  readonly ready: Promise<void>;
  /** Ends all threads. Calls that are not done are rejected. */
  terminate(): Promise<void>;
}

/** What a call is told after `terminate`. */
export function ended(): LossError {
  return new LossError("DISPOSED", {
    argument: "losses",
    expected: "losses in use",
    received: "ones that were terminated",
  });
}
