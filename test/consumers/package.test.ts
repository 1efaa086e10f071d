import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { npy } from "../cli/support.ts";
import { type App, makeApp, packedFile, root } from "./app.ts";

const run = promisify(execFile);

let app: App;
beforeAll(async () => {
  app = await makeApp();
});
afterAll(() => app.remove());

describe("the packed package", () => {
  it("holds what is needed and nothing else", async () => {
    const files = await readdir(app.path("node_modules/zlpr"), { recursive: true, withFileTypes: true });
    const names = files.filter((file) => file.isFile()).map((file) => file.name);
    for (const needed of [
      "package.json",
      "README.md",
      "LICENSE",
      "THIRD-PARTY.txt",
      "CHANGELOG.md",
      "index.mjs",
      "index.cjs",
      "cli.mjs",
      "index.d.mts",
      "index.d.cts",
      "reference.mjs",
      "reference.cjs",
      "kernels.wasm",
      "kernels-relaxed.wasm",
    ]) {
      expect(names).toContain(needed);
    }
    const known = /\.(mts|cts|mjs|cjs|wasm|json|md)$|^LICENSE$|^THIRD-PARTY\.txt$/;
    expect(names.filter((name) => !known.test(name))).toEqual([]);
  });

  it("depends on nothing, and imports nothing but its own files", async () => {
    const manifest = JSON.parse(await packedFile(app, "package.json")) as Record<string, unknown>;
    expect(manifest).not.toHaveProperty("dependencies");
    for (const entry of ["index.mjs", "index.cjs", "reference.mjs", "reference.cjs"]) {
      const source = await packedFile(app, `dist/${entry}`);
      const imported = [...source.matchAll(/(?:\bfrom |\bimport |\brequire\()"([^"]*)"/g)];
      expect(imported.length, entry).toBeGreaterThan(0);
      expect(imported.map(([, name]) => name?.startsWith("./shared-"))).not.toContain(false);
    }
  });

  it("runs nothing when it is installed", async () => {
    const { scripts } = JSON.parse(await packedFile(app, "package.json")) as { scripts: object };
    expect(scripts).toHaveProperty("build");
    for (const name of ["preinstall", "install", "postinstall", "prepare"])
      expect(scripts).not.toHaveProperty(name);
    // What npm would build of its own accord.
    const files = await readdir(app.path("node_modules/zlpr"), { recursive: true });
    expect(files.filter((file) => file.endsWith("binding.gyp"))).toEqual([]);
  });

  it("names whose code it contains, with the licences", async () => {
    const notices = await packedFile(app, "dist/THIRD-PARTY.txt");
    for (const entry of ["index.mjs", "index.cjs", "reference.mjs", "cli.mjs"]) {
      const source = await packedFile(app, `dist/${entry}`);
      for (const [, name] of source.matchAll(/^\/\/#region node_modules\/((?:@[^/\n]+\/)?[^/\n]+)/gm)) {
        expect(notices).toMatch(new RegExp(`^${name} [\\d.]+, `, "m"));
      }
    }
    expect(notices).toMatch(/^@assemblyscript\/loader [\d.]+, Apache-2\.0$/m);
    expect(notices).toContain("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION");
    expect(notices).toMatch(/^fflate [\d.]+, MIT$/m);
    expect(notices).toContain("Arjun Barrett");
  });

  it("inlines the very binaries that it has as files", async () => {
    await app.write({
      "inlined.js": `import { readFile } from "node:fs/promises"; import { createLosses, init } from "zlpr";
        // init refuses every binary that differs from the inlined one in a single byte.
        for (const name of ["kernels", "kernels-relaxed"]) {
          await init(readFile(new URL(import.meta.resolve("zlpr/" + name + ".wasm")))).catch((error) => {
            // This Node lacks relaxed SIMD.
            if (error.code !== "UNSUPPORTED") throw error;
          });
        }
        console.log(createLosses().variant);`,
    });
    expect(await app.node("inlined.js")).toMatch(/^(simd|relaxed)\n$/);
    for (const [file, binary] of [
      ["kernels", "simd"],
      ["kernels-relaxed", "relaxed"],
    ]) {
      const packed = await readFile(app.path(`node_modules/zlpr/dist/${file}.wasm`));
      expect(packed.equals(await readFile(join(root, `build/${binary}.wasm`)))).toBe(true);
    }
  });

  it("has a reference that needs no WebAssembly, nor what it is unpacked with", async () => {
    await app.write({
      "reference.js": `globalThis.WebAssembly = globalThis.atob = globalThis.TextDecoder = undefined;
        const reference = await import("zlpr/reference");
        console.log(reference.zlpr(new Float32Array([2]), new Uint8Array([1]), { classes: 1, gradient: false }).loss);`,
    });
    expect(Number(await app.node("reference.js"))).toBeCloseTo(Math.log1p(Math.exp(-2)), 6);
    expect(await packedFile(app, "dist/reference.mjs")).not.toContain("index.mjs");
  });

  it("has a command, which finds all it needs", async () => {
    const { bin } = JSON.parse(await packedFile(app, "package.json")) as { bin: { zlpr: string } };
    const files = ["logits", "labels"].map((name) => app.path(`${name}.npy`)) as [string, string];
    await writeFile(files[0], npy("<f4", [1, 3], Float32Array.of(2, -1, 0.5)));
    await writeFile(files[1], npy("|u1", [1, 3], Uint8Array.of(1, 0, 0)));
    const args = ["eval", "--json", "--logits", files[0], "--labels", files[1]];
    const { stdout } = await run(process.execPath, [app.path(`node_modules/zlpr/${bin.zlpr}`), ...args]);
    expect(JSON.parse(stdout).loss).toBeCloseTo(1.23105862, 6);
  });
});
