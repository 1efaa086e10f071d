/** What `npm run example:browser` runs: makes the page and serves it. */
import { fileURLToPath } from "node:url";
import { serve } from "../../scripts/serve.ts";
import { makeSite } from "./site.ts";

const folder = fileURLToPath(new URL("../../build/example-browser", import.meta.url));
makeSite(folder, { train: 5000, validation: 1000 });
const { url } = await serve(folder);
console.log(`${url} (end with Ctrl-C)`);
