import { Command, InvalidArgumentError, Option } from "commander";
import { benchTable, runBench } from "./benchCommand.js";
import { type EvalOptions, evaluateFiles, reportOf } from "./evalCommand.js";
import { evalJson, evalTable } from "./evalReport.js";
import { addLossOptions, filesOf, lossNames, VARIANTS } from "./lossOptions.js";
import { type MergeOptions, mergeFiles } from "./mergeCommand.js";
import { json, print, warn } from "./output.js";
import { type Output, openOutput } from "./outputFile.js";
import { type Part, partJson } from "./part.js";
import { type PredictOptions, predictFile } from "./predictCommand.js";
import { type Shard, shardOf } from "./shard.js";
import { VERSION } from "./version.js";

function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new InvalidArgumentError("Expected a finite number.");
  return value;
}

function numberOrBest(text: string): number | "best" {
  if (text === "best") return text;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new InvalidArgumentError('Expected a finite number or "best".');
  }
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("Expected a whole number.");
  }
  return value;
}

function shard(text: string): Shard {
  const found = shardOf(text);
  if (!found) throw new InvalidArgumentError("Expected i/n, with i from 1 to n.");
  return found;
}

/** Writes what was found in all rows. */
function report(part: Part, isJson: boolean, output: Output): void {
  const found = reportOf(part);
  const question = { ...part.options, logits: part.logits, labels: part.labels };
  print(isJson ? evalJson(question, found) : evalTable(question, found), output);
  warn(found.warnings);
}

const LABELS = `
Labels:
  .npy [rows, classes] of uint8, bool or int   1 for a positive class, 0 for the others
  .npy [rows, classes] of float                degrees from 0 to 1; above 0.5 a class is positive in the measures
  .npy [rows] of int                           the index of the one positive class of each row
  .npz of scipy.sparse.save_npz                a CSR matrix of 0 and 1
  .ndjson, .jsonl or - for standard input      a line a row: [0, 7] or {"labels": [0, 7]}

Scores and dense labels are read some rows at a time: they may be larger than the memory. So macroAveragePrecision, for
which all scores of a class are needed at once, is left out: evaluate() in the library has it.

Example:
  zlpr eval --logits logits.npy --labels labels.npy --loss focal --gamma 1`;

function evalCommand(): Command {
  const command = new Command("eval")
    .description("Measures stored scores: the mean loss, and how well they predict and rank.")
    .requiredOption("--logits <file.npy>", "raw scores [rows, classes], float32 (or float64, float16)")
    .requiredOption("--labels <file>", "the true labels, see below")
    .addOption(new Option("--loss <name>", "the loss").choices(lossNames).default("zlpr"))
    .option(
      "--threshold <number|best>",
      "a class is predicted where its score is above it; best: where the micro F1 is highest",
      numberOrBest,
      0,
    )
    .option("--no-ranking", "without the measures of rankings, which take most of the time")
    .addOption(
      new Option("--variant <name>", "the kernels of the loss (default: the best)").choices(VARIANTS),
    )
    .option(
      "--shard <i/n>",
      "measures the i-th of n parts of the rows alone, and writes what zlpr merge puts together, as JSON in any case",
      shard,
    )
    .option("--out <file>", "where the result goes (default: standard output)")
    .option("--json", "one JSON object with all digits", false)
    .action((options: EvalOptions) => {
      const { logits, labels, out, json: isJson } = options;
      const output = openOutput(out, [["--logits", logits], ["--labels", labels], ...filesOf(options)]);
      const part = evaluateFiles(options);
      if (options.shard) print(partJson(part), output);
      else report(part, isJson, output);
    });
  return addLossOptions(command).addHelpText("after", LABELS);
}

function mergeCommand(): Command {
  return new Command("merge")
    .description("Puts together what zlpr eval --shard has found: prints what it prints of all rows.")
    .argument("<parts...>", "a file of each shard, in any order")
    .option(
      "--partial",
      "some of the shards are enough: writes a part of them all, as JSON in any case",
      false,
    )
    .option("--out <file>", "where the result goes (default: standard output)")
    .option("--json", "one JSON object with all digits", false)
    .action((parts: string[], options: MergeOptions) => {
      const output = openOutput(
        options.out,
        parts.map((path) => ["the part", path]),
      );
      const part = mergeFiles(parts, options);
      if (options.partial) print(partJson(part), output);
      else report(part, options.json, output);
    });
}

function predictCommand(): Command {
  return new Command("predict")
    .description("Predicts classes from stored scores.")
    .requiredOption("--logits <file.npy>", "raw scores [rows, classes], float32 (or float64, float16)")
    .option(
      "--threshold <number>",
      "predict the classes with scores above it (default: 0, or none with --top)",
      finiteNumber,
    )
    .option("--top <k>", "predict at most k classes a row, the highest scores first", wholeNumber)
    .option(
      "--out <file>",
      ".npz: a CSR matrix for scipy.sparse.load_npz; .ndjson, .jsonl: a line a row (default: lines to standard output)",
    )
    .action((options: PredictOptions) => warn(predictFile(options)));
}

function benchCommand(): Command {
  return new Command("bench")
    .description("Times the losses on this machine, a few seconds, beside the plain JavaScript variant.")
    .option("--json", "one JSON object", false)
    .action(({ json: isJson }: { json: boolean }) => {
      const report = runBench();
      print(isJson ? json(report) : benchTable(report));
    });
}

/** What is wrong with the arguments; where files came without the options that they belong to, that. */
function usageError(command: Command, text: string): string {
  const options = command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags);
  const [first] = command.args;
  if (options.length === 0 || first === undefined || first.startsWith("-")) {
    return text
      .trim()
      .replace(/^error:/, "zlpr:")
      .replaceAll("\n", " ");
  }
  return `zlpr: ${command.name()}: expected files as ${options.join(" ")}, received ${JSON.stringify(first)} without an option`;
}

/** The command line. Throws a CommanderError where a process would end. */
export function createProgram(): Command {
  const program = new Command("zlpr")
    .description("Multi-label classification losses and measures for stored scores.")
    .version(VERSION);
  for (const command of [evalCommand(), mergeCommand(), predictCommand(), benchCommand()])
    program.addCommand(command);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      outputError: (text, write) => write(`${usageError(command, text)}\n`),
    });
  }
  return program;
}
