import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

/** The recipe, with other options of `parallel`. It keeps its settings in the home of the user. */
async function run(options = ""): Promise<void> {
  const [recipe] = recipes("GNU parallel", "sh") as [string];
  const home = workspace.file("home");
  mkdirSync(home, { recursive: true });
  const script = recipe.replace("parallel ", `parallel ${options} `);
  await workspace.shell(script, { HOME: home, PARALLEL_HOME: home });
}

/** In the place of ssh: another home, and no environment but that of a login. */
const SSH = `#!/bin/sh
shift
[ "$1" = -- ] && shift
mkdir -p "$0.home"
cd "$0.home"
exec env -i HOME="$0.home" SHELL=/bin/sh PATH=/usr/bin:/bin sh -c "$*"
`;

it.skipIf(reason)("GNU parallel: the shards give what one process gives", async () => {
  await run();
  expect(workspace.report()).toBe(await workspace.whole());
});

it.skipIf(reason)("GNU parallel: so they do on other machines, which it reaches by ssh", async () => {
  const options = "--sshlogin one,two --env PATH --workdir .";
  const text = readFileSync(new URL("../../docs/scale.md", import.meta.url), "utf8");
  expect(text).toContain(`\`parallel ${options} zlpr …\``);
  const ssh = workspace.file("ssh");
  writeFileSync(ssh, SSH, { mode: 0o755 });
  await run(`--ssh ${ssh} ${options}`);
  expect(workspace.report()).toBe(await workspace.whole());
  await expect(run(`--ssh ${ssh} --sshlogin one,two`)).rejects.toThrow(/zlpr: .*not found/);
});
