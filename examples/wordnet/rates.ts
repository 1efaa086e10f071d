/** The learning rate of each entry: what `npm start -- --tune` chose on the validation split. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Entry } from "./losses.ts";

export const RATES_FILE = new URL("learning-rates.json", import.meta.url);

export type Rates = Record<string, number>;

export function readRates(): Rates {
  return JSON.parse(readFileSync(RATES_FILE, "utf8"));
}

/** Those of other entries stay as they are. */
export function writeRates(chosen: Rates): void {
  writeFileSync(RATES_FILE, `${JSON.stringify({ ...readRates(), ...chosen }, null, 2)}\n`);
}

export function rateOf({ title, loss }: Entry, rates: Rates): number {
  const rate = rates[title];
  if (rate === undefined) {
    throw new Error(`No learning rate for ${title} yet: npm start -- --tune --loss ${loss} chooses one`);
  }
  return rate;
}
