import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../../scripts/serve.ts";
import { findExecutable } from "./executable.ts";

/* Tests in the Firefox of the system: another engine than that of Node and Chromium. */

const executable = process.env.FIREFOX || findExecutable("firefox-esr", "firefox");

/** Why there is no Firefox, undefined if there is one: `it.skipIf(firefoxReason)`. */
export const firefoxReason: string | undefined =
  executable === undefined
    ? "no Firefox in PATH: apt-get install firefox-esr, or FIREFOX=/path/to/firefox"
    : undefined;

if (firefoxReason !== undefined) {
  if (process.env.REQUIRE_BROWSER) throw new Error(firefoxReason);
  console.warn(`tests in Firefox are skipped: ${firefoxReason}`);
}

/** It is not to ask anybody for anything. */
const SETTINGS = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
};

/** Opens a page of a folder, served with these headers, in a Firefox with an empty profile, and returns what the page posts. */
export async function postedInFirefox(
  folder: string,
  page: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "zlpr-firefox-"));
  const settings = Object.entries(SETTINGS).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(home, "user.js"), settings.join(""));
  let post: (body: string) => void = () => {};
  const posted = new Promise<string>((resolve) => {
    post = resolve;
  });
  const server = await serve(folder, headers, post);
  const args = ["--headless", "--no-remote", "--profile", home, server.url + page];
  // A group of processes of its own, which ends as a whole.
  const browser = spawn(executable as string, args, {
    stdio: "ignore",
    detached: true,
    env: { ...process.env, HOME: home },
  });
  const ended = new Promise<never>((_, reject) => {
    browser.once("error", reject);
    browser.once("exit", (code) => reject(new Error(`Firefox ended with ${code}`)));
  });
  try {
    return await Promise.race([posted, ended]);
  } finally {
    ended.catch(() => {});
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, "SIGKILL");
    await server.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
