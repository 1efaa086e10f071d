import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What is bundled into the package, and the files that its licences ask to be handed on. */
const BUNDLED = {
  // Its licence and notice are in the compiler's package, of which it is a part.
  "@assemblyscript/loader": ["assemblyscript/LICENSE", "assemblyscript/NOTICE"],
  commander: ["commander/LICENSE"],
  fflate: ["fflate/LICENSE"],
};

export const bundledNames = Object.keys(BUNDLED);

function read(file: string): string {
  return readFileSync(fileURLToPath(new URL(`../node_modules/${file}`, import.meta.url)), "utf8").trim();
}

/** The text of dist/THIRD-PARTY.txt. */
export function thirdPartyNotices(): string {
  const notices = Object.entries(BUNDLED).map(([name, files]) => {
    const { version, license } = JSON.parse(read(`${name}/package.json`)) as Record<string, string>;
    return [`${name} ${version}, ${license}`, ...files.map(read)].join("\n\n");
  });
  const intro = "This package contains code of the following packages, with changes made by bundling it.";
  return `${[intro, ...notices].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
