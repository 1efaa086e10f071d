import { type BinarySource, bestEngine, type LossEngine, loadEngine } from "./load.js";
import { type KernelLoss, type LossDefinition, lossOn } from "./loss.js";

let engine: LossEngine | undefined;
/** The last loading that was asked for, until it has ended. */
let pending: { source: BinarySource | undefined; promise: Promise<void> } | undefined;

/** The engine of the functions that the package exports: made at the first call. */
export function defaultEngine(): LossEngine {
  engine ??= bestEngine();
  return engine;
}

/**
 * A loss of the package: a function that runs on the default engine. What it is made of is joined in here and not by the
 * callers, because bundlers keep an unused call whose arguments spread something, and all the kernels with it.
 */
export function defaultLoss<Own extends object, L>(
  definition: LossDefinition<Own>,
  kernel: Omit<KernelLoss<Own>, keyof LossDefinition<Own>>,
): L {
  return lossOn<L, KernelLoss<object>>(defaultEngine, { ...definition, ...kernel });
}

async function load(source: BinarySource | undefined, earlier: Promise<void> | undefined): Promise<void> {
  // One after the other: the last source that was given is the one in use.
  await earlier?.catch(() => {});
  const loaded = await loadEngine(source);
  if (source !== undefined) engine = loaded;
  else engine ??= loaded;
}

/**
 * Compiles the kernels without blocking, for those who do not want to do it in the first call. Never needed.
 *
 * With no argument it takes the best of the inlined binaries that the host runs. Else it takes the bytes of
 * `zlpr/kernels.wasm` or `zlpr/kernels-relaxed.wasm`, a `Response` with them, a promise of either, or a module. Calls at
 * the same time share one promise; a failed one can be tried again.
 *
 * @throws LossError `BAD_BINARY`: the source is something else.
 * @category Instances and loading
 * @example
 * await init(fetch("/assets/kernels.wasm"));
 */
export function init(source?: BinarySource): Promise<void> {
  if (pending && pending.source === source) return pending.promise;
  const loading = {
    source,
    promise: load(source, pending?.promise).finally(() => {
      if (pending === loading) pending = undefined;
    }),
  };
  pending = loading;
  return loading.promise;
}
