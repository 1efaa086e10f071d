import { existsSync, readFileSync } from "node:fs";
import { Unavailable } from "./peer.ts";

export const INSTALL = "npm run bench:peers:install";

/** Where a package of this folder's own `package.json` lies. */
export function folderOf(name: string): URL {
  return new URL(`node_modules/${name}/`, import.meta.url);
}

/**
 * Such a package and its version. Its name is no literal, and `T` has only what is used of it, so that the compiler needs
 * no types of a package that may not be installed.
 */
export async function loadInstalled<T>(name: string): Promise<{ library: T; version: string }> {
  const manifest = new URL("package.json", folderOf(name));
  if (!existsSync(manifest)) throw new Unavailable(`${name} is not installed: ${INSTALL}`);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  try {
    return { library: (await import(name)) as T, version: `${name} ${version}` };
  } catch (cause) {
    throw new Unavailable(`${name} does not load: ${(cause as Error).message}`, { cause });
  }
}
