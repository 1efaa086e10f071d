import { afterAll, expect, it } from "vitest";
import { recipes, Workspace } from "./workspace.ts";

/* What Spark's RDD.pipe does with the line of docs/scale.md, without Spark. */

const workspace = new Workspace();
afterAll(() => workspace.remove());

it("Spark: the line takes numbers of shards, and gives a part on each line", async () => {
  const [program = ""] = recipes("Spark", "python");
  const [, command = ""] = /^command = "(.*)"$/m.exec(program) ?? [];
  const [, merge = ""] = /subprocess\.run\("(.*?)"/.exec(program) ?? [];
  const environment = { PATH: workspace.env.PATH };
  // Partitions of two shards and of one, each a process of its own, as PySpark has them.
  const partitions = ["1\n2\n", "3\n4\n", "5\n6\n", "7\n8\n", "9\n", "10\n"];
  const outputs = await Promise.all(
    partitions.map((numbers) => workspace.shell(`exec env -i PATH="$PATH" ${command}`, environment, numbers)),
  );
  const parts = outputs.flatMap((output) => output.trimEnd().split("\n"));
  expect(parts).toHaveLength(10);
  for (const [i, part] of parts.entries()) workspace.write(`part-${i}.json`, part);
  await workspace.shell(merge);
  expect(workspace.report()).toBe(await workspace.whole());
});
