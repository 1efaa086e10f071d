import fc from "fast-check";
import type { Variant } from "../../src/index.ts";
import { type Fuzzer, sessions } from "./session.ts";

/** What to run. */
export interface Runs {
  seed: number;
  /** How many sessions. */
  count: number;
  /** Where a session is that failed: nothing else is run then. */
  path?: string;
}

/** The command that runs a session again. */
function commandOf(seed: number, path: string | null, variants: readonly Variant[]): string {
  return `npm run fuzz -- --seed ${seed} --path "${path}" --variant ${variants.join(" ")}`;
}

/** Runs sessions; what is wrong with the smallest of them that fails, how to run it again, and its steps. */
export function failureOf(fuzzer: Fuzzer, { seed, count, path }: Runs): string | undefined {
  const property = fc.property(sessions, (session) => fuzzer.run(session));
  const details = fc.check(property, { seed, numRuns: count, path });
  if (!details.failed) return undefined;
  const variants = fuzzer.players.map(({ variant }) => variant);
  const { errorInstance, counterexample, counterexamplePath } = details;
  return [
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    commandOf(seed, counterexamplePath, variants),
    fc.stringify(counterexample?.[0]),
  ].join("\n");
}
