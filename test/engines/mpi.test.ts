import { afterAll, expect, it } from "vitest";
import { skipReason } from "../support/engines.ts";
import { findExecutable } from "../support/executable.ts";
import { recipes, Workspace } from "./workspace.ts";

/* The recipe of docs/scale.md for Open MPI. */

const reason = skipReason(
  "Open MPI",
  findExecutable("mpirun") ? undefined : "no mpirun in PATH: apt-get install openmpi-bin",
);

/** It may run as root, and more processes than there are cores. */
const SETTINGS = {
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  OMPI_MCA_rmaps_base_oversubscribe: "1",
};

const workspace = new Workspace();
afterAll(() => workspace.remove());

it.skipIf(reason)("Open MPI: the shards give what one process gives", async () => {
  const [recipe] = recipes("Open MPI", "sh") as [string];
  await workspace.shell(recipe, SETTINGS);
  expect(workspace.report()).toBe(await workspace.whole());
});
