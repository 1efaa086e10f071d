import { afterAll, expect, it } from "vitest";
import { skipReason } from "../support/engines.ts";
import { findExecutable } from "../support/executable.ts";
import { recipes, Workspace } from "./workspace.ts";

/* The recipe of docs/scale.md for GNU parallel. */

const reason = skipReason(
  "GNU parallel",
  findExecutable("parallel") ? undefined : "no parallel in PATH: apt-get install parallel",
);

const workspace = new Workspace();
afterAll(() => workspace.remove());

it.skipIf(reason)("GNU parallel: the shards give what one process gives", async () => {
  const [recipe] = recipes("GNU parallel", "sh") as [string];
  // It keeps its settings in the home of the user.
  await workspace.shell(recipe, { HOME: workspace.path, PARALLEL_HOME: workspace.path });
  expect(workspace.report()).toBe(await workspace.whole());
});
