import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Option } from "commander";
import { svgOf } from "../../scripts/figures/figure.ts";
import { type Shape, shapeName } from "../data.ts";
import { readEnvironment } from "../environment.ts";
import { changedSinceBuild } from "../library.ts";
import { main } from "../main.ts";
import { benchCommand, type CommonOptions, effortOf } from "../options.ts";
import { writeResults } from "../results.ts";
import { peersFigure } from "./figure.ts";
import { peers } from "./index.ts";
import { measureShape, type PeerShapeReport } from "./measureShape.ts";
import { openPeers } from "./open.ts";
import { markdown, type PeersReport } from "./report.ts";
import { measureTrainingStep, type TrainingStep } from "./trainingStep.ts";

interface Options extends CommonOptions {
  peer: string[];
  training: boolean;
  figure: boolean;
  from?: string;
}

const SHAPES: readonly Shape[] = [
  { rows: 4096, classes: 16 },
  { rows: 256, classes: 1000 },
  { rows: 16, classes: 65536 },
];

/** Fewer than in the other benchmark: the slowest peer takes a second and a half for one call. */
const ROUNDS = 21;

const FIGURE = fileURLToPath(new URL("../../docs/images/peers.svg", import.meta.url));

const names = peers.map(({ name }) => name);

function readOptions(): Options {
  const command = benchCommand(
    "bench:peers",
    "Times zlpr beside other libraries; see bench/README.md.",
    "results/peers",
    ROUNDS,
  )
    .addOption(
      new Option("--peer <name...>", "only this peer, beside the fused loop")
        .choices(names)
        .default(names, "all"),
    )
    .option("--no-training", "leave out the training step")
    .option("--figure", "draw docs/images/peers.svg", false)
    .option("--from <file>", "do not measure: print and draw the results of this JSON file")
    .parse();
  const options = command.opts<Options>();
  const isPartial = options.quick || options.shape.length > 0 || options.peer.length < names.length;
  if (options.figure && isPartial && !options.from) {
    command.error(
      "error: --figure draws a measurement of all peers and shapes: without --quick, --shape, --peer",
    );
  }
  return options;
}

async function bench(options: Options): Promise<PeersReport> {
  const { seed } = options;
  const effort = effortOf(options);
  const environment = readEnvironment();
  const changed = changedSinceBuild();
  if (changed) console.error(`${changed} has changed since the package was built: npm run build`);
  const chosen = peers.filter(({ name }, i) => i === 0 || options.peer.includes(name));
  const { opened, skipped } = await openPeers(chosen);
  for (const { name, reason } of skipped) console.error(`leaving out ${name}: ${reason}`);
  const shapes: PeerShapeReport[] = [];
  for (const shape of options.shape.length > 0 ? options.shape : SHAPES) {
    console.error(shapeName(shape));
    const measured = await measureShape(opened, shape, effort, seed);
    for (const { name, reason } of measured.skipped) console.error(`leaving out ${name}: ${reason}`);
    shapes.push(measured);
  }
  let trainingStep: TrainingStep | undefined;
  if (options.training && opened.some(({ peer }) => peer === "tensorflow")) {
    console.error("training step");
    try {
      trainingStep = await measureTrainingStep(effort, seed);
    } catch (error) {
      skipped.push({ name: "training step", reason: (error as Error).message });
    }
  }
  return {
    environment,
    settings: { seed, ...effort, changed },
    versions: opened.map(({ version }) => version),
    skipped,
    shapes,
    trainingStep,
  };
}

const options = readOptions();
await main(import.meta.url, options, async () => {
  const report = options.from
    ? (JSON.parse(readFileSync(options.from, "utf8")) as PeersReport)
    : await bench(options);
  console.log(options.json ? JSON.stringify(report, null, 1) : markdown(report));
  if (!options.from) writeResults(options.out, report, markdown(report));
  if (options.figure) {
    writeFileSync(FIGURE, svgOf(peersFigure(report)));
    console.error(`drawn to ${FIGURE}`);
  }
});
