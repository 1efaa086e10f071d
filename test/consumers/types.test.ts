import { afterAll, beforeAll, expect, it } from "vitest";
import { type App, makeApp, typeErrors } from "./app.ts";

const PROGRAM = `
import { combinatorialSoftmax, createEvaluator, createLosses, evaluatorFromJSON, focal, type Loss, type LossResult, softmaxCrossEntropy, zlpr } from "zlpr";
import { EvaluateFn } from "zlpr/beam";
import { createParallelLosses, type ParallelLosses } from "zlpr/parallel";
import { zlpr as plain } from "zlpr/reference";
const logits = new Float32Array(6);
const labels = new Uint8Array(6);
const mean: LossResult = zlpr(logits, labels, { classes: 3 });
const each: LossResult<Float32Array> = plain(logits, labels, { classes: 3, reduction: "none", threshold: 1 });
const forward: { loss: number } = createLosses().sigmoidCrossEntropy(logits, labels, { classes: 3, gradient: false });
// @ts-expect-error: no gradient where it is turned off
zlpr(logits, labels, { classes: 3, gradient: false }).grad;
// @ts-expect-error: not an option of this loss
createLosses().sigmoidCrossEntropy(logits, labels, { classes: 3, threshold: 1 });
// @ts-expect-error: classes is required
zlpr(logits, labels, {});
// @ts-expect-error: plain arrays are not accepted
zlpr([1, 2, 3], labels, { classes: 3 });
const either = { threshold: 1 as number | Float32Array };
const perRow: Float32Array = zlpr(logits, labels, { classes: 3, threshold: new Float32Array(2) }).thresholdGrad;
const perhaps: Float32Array | undefined = zlpr(logits, labels, { classes: 3, ...either }).thresholdGrad;
combinatorialSoftmax(logits, labels, { classes: 3, maxLabels: 2, ...either });
// @ts-expect-error: a threshold needs maxLabels
combinatorialSoftmax(logits, labels, { classes: 3, threshold: 1 });
// One of several, by its name.
const choice: Record<string, Loss> = { zlpr, focal, combinatorialSoftmax, softmaxCrossEntropy };
const chosen: number | undefined = choice["focal"]?.(logits, labels, { classes: 3 }).loss;
const measured = createEvaluator({ classes: 3, thresholds: [0, 1], loss: focal, lossOptions: { gamma: 1 } });
measured.add(logits, labels);
const points: number = measured.result().curve.length + measured.result().loss + measured.result().averagePrecision;
// @ts-expect-error: not asked for
measured.result().macroAveragePrecision;
// @ts-expect-error: asked to be left out
createEvaluator({ classes: 3, ranking: false }).result().oneError;
// @ts-expect-error: no option of an evaluator
createEvaluator({ classes: 3, treshold: 1 });
// @ts-expect-error: a loss as a function
createEvaluator({ classes: 3, loss: "focal" });
const depends = { classes: 3, ranking: true as boolean };
const maybe: number | undefined = createEvaluator(depends).result().oneError;
const again = evaluatorFromJSON(JSON.stringify(measured), { loss: createLosses().focal });
again.merge(measured);
const some: (number | undefined)[] = [points, maybe, again.result().loss, again.perClass().hits.length];
const combine = new EvaluateFn({ classes: 3, loss: zlpr, variant: "simd" });
const bundle = combine.addInput(combine.createAccumulator(), { logits: [2, -1, 0.5], labels: new Uint8Array(3) });
const mean3: number = combine.extractOutput(combine.mergeAccumulators([bundle])).loss;
// @ts-expect-error: not asked for
combine.extractOutput(bundle).curve;
// @ts-expect-error: no option of a combiner
new EvaluateFn({ classes: 3, treshold: 1 });
some.push(mean3);
const parallel: ParallelLosses = createParallelLosses({ threads: 2, worker: "/parallel-worker.mjs" });
const later: Promise<LossResult> = parallel.zlpr(logits, labels, { classes: 3 });
const atOnce: number = parallel.sync.zlpr(logits, labels, { classes: 3 }).loss;
export const ends: Promise<void>[] = [parallel.ready, parallel.terminate()];
// @ts-expect-error: a promise
parallel.zlpr(logits, labels, { classes: 3 }).loss;
some.push(atOnce);
export const counts = some;
export const promised = later;
export const arrays = [perRow, perhaps];
export const numbers: (number | undefined)[] = [chosen, mean.loss, mean.grad.length, each.loss.length, forward.loss];
`;

let app: App;
beforeAll(async () => {
  app = await makeApp();
});
afterAll(() => app.remove());

const NODENEXT = ["--module", "nodenext", "--moduleResolution", "nodenext"];
const DOM = ["--lib", "es2022,dom"];

it.each([
  ["nodenext", "program.mts", [...NODENEXT, ...DOM]],
  ["nodenext, CommonJS", "program.cts", [...NODENEXT, ...DOM]],
  ["bundler", "program.ts", ["--module", "preserve", "--moduleResolution", "bundler", ...DOM]],
  [
    "node10",
    "program.ts",
    ["--module", "commonjs", "--moduleResolution", "node10", "--ignoreDeprecations", "6.0", ...DOM],
  ],
  ["nodenext, without the DOM", "program.mts", [...NODENEXT, "--lib", "es2022"]],
])("types programs, module resolution %s", async (_, file, flags) => {
  await app.write({ [file]: PROGRAM });
  expect(await typeErrors(app, file, flags)).toBe("");
});
