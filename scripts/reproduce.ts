// Builds the binaries again, in a folder of its own, and compares them with those of build/ and dist/ byte by byte.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What the build makes, and where it is in the package. */
const BINARIES: Record<string, string> = {
  "build/simd.wasm": "dist/kernels.wasm",
  "build/relaxed.wasm": "dist/kernels-relaxed.wasm",
  // Both once more, as text that is bundled into the code.
  "build/binaries.ts": "build/binaries.ts",
};

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

const folder = mkdtempSync(join(tmpdir(), "zlpr-reproduce-"));
try {
  // All that the binaries are made of, and nothing that an earlier build has left.
  for (const name of ["assembly", "scripts", "src/losses", "asconfig.json", "package.json"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  execFileSync("npm", ["run", "build:wasm"], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  for (const [made, shipped] of Object.entries(BINARIES)) {
    const hashes = [join(folder, made), join(root, made), join(root, shipped)].map(sha256);
    const isSame = new Set(hashes).size === 1;
    console.log(`${isSame ? "same" : "DIFFERENT"}  ${shipped}  sha256 ${hashes.join(" ")}`);
    if (!isSame) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
