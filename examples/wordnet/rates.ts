/** The learning rate of each entry: what `npm start -- --tune` chose on the validation split. */
import { readFileSync, writeFileSync } from "node:fs";

export const RATES_FILE = new URL("learning-rates.json", import.meta.url);

/** By the title of the entry. */
export type Rates = Record<string, number>;

export function readRates(): Rates {
  return JSON.parse(readFileSync(RATES_FILE, "utf8"));
}

/** Those of other entries stay as they are. */
export function writeRates(chosen: Rates): void {
  writeFileSync(RATES_FILE, `${JSON.stringify({ ...readRates(), ...chosen }, null, 2)}\n`);
}
