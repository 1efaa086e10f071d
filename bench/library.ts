import { readdirSync, statSync } from "node:fs";

/*
 * What is timed is the built package, as users get it, not its source through tsx: that makes every inner function
 * carry its name, at a cost of microseconds a call.
 */

const built = new URL("../dist/index.mjs", import.meta.url);

export async function loadLibrary(): Promise<typeof import("../src/index.ts")> {
  try {
    return await import(built.href);
  } catch (cause) {
    throw new Error("the package is not built: npm run build", { cause });
  }
}

/** A file that has changed since the package was built, if there is one. */
export function changedSinceBuild(): string | undefined {
  const { mtimeMs } = statSync(built);
  for (const folder of ["src", "assembly"]) {
    const root = new URL(`../${folder}/`, import.meta.url);
    const changed = readdirSync(root, { encoding: "utf8", recursive: true }).find((name) => {
      const stats = statSync(new URL(name, root));
      return stats.isFile() && stats.mtimeMs > mtimeMs;
    });
    if (changed) return `${folder}/${changed}`;
  }
  return undefined;
}
