/** Sentences made of templates, with WordNet's nouns as names of nested entities. */
import type { Dataset, Example } from "../../wordnet/data.ts";

export const TYPES = ["person", "place", "organization", "animal"] as const;

export type EntityType = (typeof TYPES)[number];

/** The tokens from `start` to `end` inclusive are an entity. */
export interface Entity {
  type: EntityType;
  start: number;
  end: number;
}

/** Some tokens, and the entities among them. */
export interface Phrase {
  tokens: string[];
  entities: Entity[];
}

/** The nouns that sentences are made of. */
interface Nouns extends Record<EntityType, string[]> {
  /** No entities, whatever stands beside them. */
  thing: string[];
}

/** WordNet's label for the nouns of each kind. */
const LABELS: Record<keyof Nouns, string> = {
  person: "person",
  place: "region",
  organization: "organization",
  animal: "animal",
  thing: "artifact",
};

const LONGEST_NAME = 4;

/** Entities within entities within entities, and no deeper. */
const DEEPEST = 3;

/** Words that name what they stand for: of persons, places and organizations only proper names do. */
export function findNouns({ labels }: Dataset, examples: Example[]): Nouns {
  const nounsOf = (kind: keyof Nouns, pattern: RegExp): string[] => {
    const label = labels.indexOf(LABELS[kind]);
    return examples
      .filter((example) => example.labels.includes(label))
      .map(({ words }) => words[0])
      .filter((word) => pattern.test(word) && word.split(" ").length <= LONGEST_NAME);
  };
  const properName = /^\p{Lu}[\p{L}-]*( [\p{L}-]+)*$/u;
  return {
    person: nounsOf("person", properName),
    place: nounsOf("place", properName),
    organization: nounsOf("organization", properName),
    animal: nounsOf("animal", /^[\p{L}-]+( [\p{L}-]+)*$/u),
    thing: nounsOf("thing", /^\p{Ll}+( \p{Ll}+)*$/u),
  };
}

/** Phrases that are entities: a type in braces is one of that type, `name` a noun of the phrase's own type. */
const ENTITIES: Record<EntityType, string[]> = {
  person: [
    "{name}",
    "the president of {place}",
    "the director of {organization}",
    "the keeper of the {animal}",
    "the wife of {person}",
    "the {place} correspondent of {organization}",
  ],
  place: ["{name}", "the coast of {place}", "the land of the {animal}", "the birthplace of {person}"],
  organization: [
    "{name}",
    "the University of {place}",
    "the {person} Foundation",
    "the Friends of the {animal}",
    "the {place} branch of {organization}",
  ],
  animal: ["{name}", "{animal} of {place}"],
};

const SENTENCES = [
  "{person} saw {any} near {place} .",
  "{any} was mentioned by {person} .",
  "{organization} has moved from {place} to {place} .",
  "{person} , who was born in {place} , wrote about {any} and {any} .",
  "in {place} , {person} and {person} founded {organization} .",
  "the {animal} escaped from {organization} last night .",
  "the {thing} of {person} was sold to {any} .",
  "the {thing} and the {thing} from {place} belong to {organization} .",
  "nobody in {organization} knew the {thing} of the {animal} .",
  "{any} , not {any} , is what {person} remembered .",
  "the {thing} was left behind by {any} .",
];

/** Writes sentences, as many as are asked for. */
export class Writer {
  readonly #nouns: Nouns;
  readonly #random: () => number;

  constructor(nouns: Nouns, random: () => number) {
    this.#nouns = nouns;
    this.#random = random;
  }

  /** A sentence of at most `longest` tokens. */
  sentence(longest: number): Phrase {
    for (;;) {
      const phrase = this.#fill(this.#pick(SENTENCES), undefined, 0);
      if (phrase.tokens.length <= longest) return phrase;
    }
  }

  #entity(type: EntityType, depth: number): Phrase {
    // Half of them plain names; at the greatest depth all.
    const isName = depth === DEEPEST || this.#random() < 0.5;
    const { tokens, entities } = this.#fill(isName ? "{name}" : this.#pick(ENTITIES[type]), type, depth);
    return { tokens, entities: [...entities, { type, start: 0, end: tokens.length - 1 }] };
  }

  #fill(template: string, type: EntityType | undefined, depth: number): Phrase {
    const phrase: Phrase = { tokens: [], entities: [] };
    for (const word of template.split(" ")) {
      const part = this.#part(word, type, depth);
      const offset = phrase.tokens.length;
      phrase.tokens.push(...part.tokens);
      for (const { type, start, end } of part.entities) {
        phrase.entities.push({ type, start: start + offset, end: end + offset });
      }
    }
    return phrase;
  }

  #part(word: string, type: EntityType | undefined, depth: number): Phrase {
    const slot = /^\{(.+)\}$/.exec(word)?.[1];
    if (slot === undefined) return { tokens: [word], entities: [] };
    if (slot === "thing") return { tokens: this.#pick(this.#nouns.thing).split(" "), entities: [] };
    if (slot === "name" && type) return { tokens: this.#pick(this.#nouns[type]).split(" "), entities: [] };
    return this.#entity(slot === "any" ? this.#pick(TYPES) : (slot as EntityType), depth + 1);
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)];
  }
}
