import { mkdirSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { createLosses } from "../src/index.ts";
import { svgOf } from "./figures/figure.ts";
import { gradients } from "./figures/gradients.ts";
import { imbalance } from "./figures/imbalance.ts";
import { landscapes } from "./figures/landscapes.ts";
import { slopes } from "./figures/slopes.ts";

new Command("npm run figures --")
  .description("Makes the pictures of the documentation, docs/images/*.svg.")
  .parse();

// The plain form: its pictures do not change by a byte when a kernel rounds otherwise.
const losses = createLosses({ variant: "js" });
const folder = new URL("../docs/images/", import.meta.url);

mkdirSync(folder, { recursive: true });
for (const [name, figure] of Object.entries({ landscapes, gradients, slopes, imbalance })) {
  const file = new URL(`${name}.svg`, folder);
  writeFileSync(file, svgOf(figure(losses)));
  console.log(`docs/images/${name}.svg`);
}
