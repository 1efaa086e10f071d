import { table } from "../../bench/table.ts";
import { mathBounds } from "../../test/support/bounds.ts";
import { allNames, boundsOf } from "../../test/support/losses.ts";
import type { Report } from "./report.ts";
import { MIRRORED, subjects } from "./sweep/subjects.ts";
import { bySetting, headings, rowsOf, samples, sweeps, worstRows } from "./tables.ts";

/* docs/accuracy.md, written anew by each full measurement. */

function digest(kernels: string): string {
  return `<!-- kernels ${kernels} -->`;
}

/** Which kernels a page is of. */
export function kernelsOf(page: string): string | undefined {
  return /<!-- kernels (\w+) -->/.exec(page)?.[1];
}

/** What the sweeps were over. */
function sweptIntro({ swept }: Report): string {
  const stride = swept.reduce((most, one) => Math.max(most, one.stride), 1);
  const every = (what: string) => (stride === 1 ? `every ${what}` : `one in ${stride} of the ${what}s`);
  const ofKernels = swept.map(({ subject }) => subjects[subject]).filter(({ isOfKernels }) => isOfKernels);
  const unlike = new Set(ofKernels.filter(({ isMirrored }) => !isMirrored).map(({ title }) => title));
  return [
    `The vector functions that the kernels are made of, at ${every("number")} of the range that they are made for; \`log1p\` is that of`,
    "`focal` and `asymmetric`, the other losses take a logarithm in float64.",
    ...(ofKernels.length > 0
      ? [
          "The losses of a row of one class, a negative one, through the kernels of the package, at",
          `${every("bit pattern")} of float32, subnormal numbers, infinities and each NaN included. A positive class with the opposite`,
          `score has the same results, which was compared for one in ${MIRRORED} of these numbers.`,
        ]
      : []),
    ...(unlike.size > 0 ? [`(Not so ${[...unlike].join(", ")}: its labels are no mirror images.)`] : []),
  ].join("\n");
}

function bounds(): string {
  const rows = allNames.map((name) => {
    const { loss, grad } = boundsOf(name);
    return [`\`${name}\``, `${loss}`, `${grad}`];
  });
  return table([["loss", "loss, ULP", "gradient, ULP"], ...rows]);
}

export function pageOf(report: Report): string {
  return `# Accuracy

<!-- Written by npm run accuracy, whole: what is changed here by hand is lost. -->
${digest(report.kernels)}

What each loss promises, for float32 scores in and float32 results out, against the exact value for the same scores: an error of
at most so many ULP (units in the last place), on every path and for scores of any size. The tests hold the kernels to these
bounds, which stand in the \`definition\` of each loss in \`src/reference/\`.

${bounds()}

With soft labels, with smoothing, and beside the margin of \`asymmetric\`, a result is a difference of two terms. Where these nearly
cancel it has the digits that float64 leaves: an error of 2⁻⁴⁹ of the terms is not counted below. The loss of
\`zlprDivergence\` is measured in ULP of the soft loss from which its least value is taken. [The page of each loss](losses/README.md) says what holds.

## ${headings.sweeps}

${sweptIntro(report)}

Errors are in ULP, against float64 functions whose own errors are less than 10⁻⁵ ULP; *> ½* and *> 1* are the shares of
results that are off by more than rounding alone may make them, and by more than one unit.

${sweeps(report)}

The functions are held by the tests to ${mathBounds.exp.ulp} (\`exp\`) and ${mathBounds.log1p.ulp} ULP (\`log1p\`). A fault in the last bit of any of their constants
changes results that \`test/coefficients.test.ts\` knows.

## ${headings.worst}

Rows of one class that the sweeps have found, and rows found by climbing on the error: from scores of many kinds (spread, equal,
ascending, decided, with one that is large, next to the limits of the kernels' paths, near the best ones), rows of 1 to 80 classes,
under the options that the tests have and more, a step is kept where it raises the error. Of the worst rows, errors are those against
decimals of 80 digits; in brackets, the options and the number of classes. The rows themselves are in \`test/golden/worst.json\`, and a test holds them to the bounds.

${worstRows(report)}

<details><summary>${headings.settings}</summary>

${bySetting(report)}

</details>

## ${headings.samples}

Greatest and mean error in ULP, of ${rowsOf(report).toLocaleString("en")} rows of 1 to 70 and of 1000 classes; *spread* is the standard deviation of the scores, which are
as drawn, or all on the right or the wrong side of the threshold. The labels are multi-hot, so that \`zlprDivergence\` is not among them.
*NaN or ∞* is the share of losses and of gradient elements that are not finite where the exact ones are; they are in none of
the other figures. Errors above 8e6 ULP are those of a 0 in the place of another number, or of the wrong sign. \`js\` is the float64 reference itself,
rounded once. *Plain float32* is a loop that rounds each result to float32, with the formulas as papers have them; TensorFlow.js
computes the losses composed of its operations as they are usually written, with the gradients that it makes of these
(\`scripts/accuracy/peers\`).

${samples(report)}

## To measure it anew

\`npm run accuracy\` measures all of this and writes this page, here with Node ${report.node}; \`relaxed\` on a processor with fused multiply-add. That takes
an hour or more, most of it for the losses of one class. It keeps what it has found in \`build/accuracy\`, and goes on from there where it was
broken off; \`-- --fresh\` begins anew. \`-- --quick\` tries one in 1021 of the numbers, climbs less, and prints what it finds.
\`-- --check\` says whether this page is of other kernels than those that are built.
`;
}
