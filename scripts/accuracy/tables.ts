import { table } from "../../bench/table.ts";
import { boundsOf } from "../../test/support/losses.ts";
import type { Errors, Sampled } from "./peers/sample.ts";
import { type Report, worstOfEach } from "./report.ts";
import type { Worst } from "./search/found.ts";
import { floatOf, subjects } from "./sweep/subjects.ts";

/* What was measured, as tables. */

export const headings = {
  sweeps: "Every float32",
  worst: "The worst that was found",
  settings: "Under each of the options, loss / gradient",
  samples: "On random scores, beside others",
};

function ulps(error: number): string {
  if (error === 0) return "0";
  if (error >= 1000) return error.toExponential(1).replace("e+", "e");
  return error >= 0.01 ? error.toFixed(2) : error.toExponential(1);
}

/** A share, with no more zeros than it has. */
function share(part: number, whole: number): string {
  if (part === 0) return "0";
  return `${((100 * part) / whole).toPrecision(2)} %`;
}

export function sweeps({ swept }: Report): string {
  const rows = swept.flatMap(({ variant, subject, stride, tallies }) => {
    const { title, results, numbers } = subjects[subject];
    const tried = stride === 1 ? numbers : `one in ${stride} of ${numbers}`;
    return tallies.map(({ count, max, sum, aboveHalf, aboveOne, worst }, i) => [
      title,
      results[i]!,
      variant,
      `${tried}: ${count.toLocaleString("en")}`,
      max.toFixed(4),
      (sum / count).toFixed(4),
      share(aboveHalf, count),
      share(aboveOne, count),
      `${floatOf(worst)} (0x${worst.toString(16).padStart(8, "0")})`,
    ]);
  });
  return table([
    ["function", "result", "variant", "numbers", "max", "mean", "> ½", "> 1", "worst at"],
    ...rows,
  ]);
}

export function worstRows({ worst }: Report): string {
  const each = worstOfEach(worst);
  const losses = each.filter(({ target }) => target === "loss");
  const rows = losses.map((ofLoss) => {
    const { loss, labels, variant } = ofLoss;
    const ofGrad = each.find(
      (one) => one.loss === loss && one.labels === labels && one.variant === variant && one.target === "grad",
    )!;
    const at = ({ error, setting, classes }: Worst) => `${error.toFixed(2)} (${setting}; ${classes})`;
    const bound = boundsOf(loss);
    return [
      `\`${loss}\``,
      labels,
      variant,
      at(ofLoss),
      at(ofGrad),
      `${bound.loss} / ${bound.grad}`,
      (ofLoss.tried + ofGrad.tried).toLocaleString("en"),
    ];
  });
  return table([["loss", "labels", "variant", "loss", "gradient", "bound", "rows tried"], ...rows]);
}

/** The greatest errors under each of the options, loss / gradient, a column a variant. */
export function bySetting({ worst }: Report): string {
  const places = new Map<string, Worst[]>();
  for (const one of worst) {
    const place = [`\`${one.loss}\``, one.labels, one.setting].join(" | ");
    places.set(place, [...(places.get(place) ?? []), one]);
  }
  const variants = [...new Set(worst.map(({ variant }) => variant))];
  const error = (group: Worst[], variant: string, target: string) =>
    group.find((one) => one.variant === variant && one.target === target)?.error.toFixed(2) ?? "–";
  const rows = Array.from(places, ([place, group]) => [
    ...place.split(" | "),
    ...variants.map((variant) => `${error(group, variant, "loss")} / ${error(group, variant, "grad")}`),
  ]);
  return table([["loss", "labels", "options", ...variants], ...rows]);
}

function joined(errors: readonly Errors[]): Errors {
  return errors.reduce((all, one) => ({
    count: all.count + one.count,
    max: Math.max(all.max, one.max),
    sum: all.sum + one.sum,
    failed: all.failed + one.failed,
  }));
}

function maxAndMean({ max, sum, count, failed }: Errors): string {
  return count === failed ? "–" : `${ulps(max)} / ${ulps(sum / (count - failed))}`;
}

function failures(ofLoss: Errors, ofGrad: Errors): string {
  return `${share(ofLoss.failed, ofLoss.count)} / ${share(ofGrad.failed, ofGrad.count)}`;
}

/** What one of them made of a loss, for moderate scores and for large ones, and how often it failed. */
function contenderRow(group: readonly Sampled[]): string[] {
  const of = (isWide: boolean, which: "ofLoss" | "ofGrad") =>
    joined(group.filter(({ spread }) => spread > 10 === isWide).map((one) => one[which]));
  const { loss, contender } = group[0]!;
  return [
    `\`${loss}\``,
    contender,
    maxAndMean(of(false, "ofLoss")),
    maxAndMean(of(false, "ofGrad")),
    maxAndMean(of(true, "ofLoss")),
    maxAndMean(of(true, "ofGrad")),
    failures(joined(group.map(({ ofLoss }) => ofLoss)), joined(group.map(({ ofGrad }) => ofGrad))),
  ];
}

export function samples({ sampled }: Report): string {
  const groups = new Map<string, Sampled[]>();
  for (const one of sampled) {
    const place = `${one.loss}, ${one.contender}`;
    groups.set(place, [...(groups.get(place) ?? []), one]);
  }
  return table([
    [
      "loss",
      "computed by",
      "loss, spread 1, 10",
      "gradient",
      "loss, spread 100, 1000",
      "gradient",
      "NaN or ∞",
    ],
    ...Array.from(groups.values(), contenderRow),
  ]);
}

export function rowsOf(report: Report): number {
  const [first] = report.sampled;
  return report.sampled
    .filter(({ loss, contender }) => loss === first?.loss && contender === first.contender)
    .reduce((sum, { ofLoss }) => sum + ofLoss.count, 0);
}

/** The tables of a report that may lack some parts, without what only holds of a whole one. */
export function tablesOf(report: Report): string {
  const sections = [`Kernels ${report.kernels}, Node ${report.node}.`];
  if (report.swept.length > 0) sections.push(`## ${headings.sweeps}`, sweeps(report));
  if (report.worst.length > 0) {
    sections.push(`## ${headings.worst}`, worstRows(report));
    sections.push(`### ${headings.settings}`, bySetting(report));
  }
  if (report.sampled.length > 0) {
    const rows = rowsOf(report).toLocaleString("en");
    sections.push(
      `## ${headings.samples}`,
      `Greatest / mean error in ULP, of ${rows} rows.`,
      samples(report),
    );
  }
  return sections.join("\n\n");
}
