/** The folder that is served: the page, what it imports, and the data. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Sizes, writeEmbeddings } from "./embeddings.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Makes it anew. There is nothing to build: the package's dist is copied as it is. */
export function makeSite(folder: string, sizes: Sizes): void {
  rmSync(folder, { recursive: true, force: true });
  cpSync(fileURLToPath(new URL("page", import.meta.url)), folder, { recursive: true });
  cpSync(join(root, "dist"), join(folder, "zlpr"), { recursive: true });
  cpSync(join(root, "node_modules/uplot/dist"), join(folder, "uplot"), { recursive: true });
  writeEmbeddings(join(folder, "data"), sizes);
}
