// Makes the pictures of the documentation, docs/images/*.svg.
import { mkdirSync, writeFileSync } from "node:fs";
import { createLosses } from "../src/index.ts";
import { svgOf } from "./figures/figure.ts";
import { gradients } from "./figures/gradients.ts";
import { imbalance } from "./figures/imbalance.ts";
import { landscapes } from "./figures/landscapes.ts";
import { slopes } from "./figures/slopes.ts";

// Of all builds, the one that gives the same bits on every machine.
const losses = createLosses({ variant: "simd" });
const folder = new URL("../docs/images/", import.meta.url);

mkdirSync(folder, { recursive: true });
for (const [name, figure] of Object.entries({ landscapes, gradients, slopes, imbalance })) {
  const file = new URL(`${name}.svg`, folder);
  writeFileSync(file, svgOf(figure(losses)));
  console.log(`docs/images/${name}.svg`);
}
