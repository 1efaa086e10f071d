/* Situations in which the losses differ. */
import { CLASSES, type Row, TAGS } from "./state.ts";

export interface Preset {
  title: string;
  row: Row;
  /** What there is to see. */
  remark: string;
}

function rowOf(scores: number[], ...positive: string[]): Row {
  return { scores, positive: TAGS.map((tag) => positive.includes(tag)) };
}

export const PRESETS: Preset[] = [
  {
    title: "One among many",
    row: rowOf([-0.5, 1.6, -0.4, 0.3, -1.8, 0.9, -2.6, -3.4], "dog"),
    remark:
      "One positive, seven negatives. However many negatives there are, zlpr pushes them down with less than 1 in all, shared among those that are high; in BCE their pushes add up with every class.",
  },
  {
    title: "All well separated",
    row: rowOf([3.4, 2.6, 3.9, 3, -3.2, -4.1, -2.8, -3.6], "dog", "beach", "sea", "person"),
    remark:
      "Every class is on its side. All losses are small; focal and asymmetric have all but stopped pushing.",
  },
  {
    title: "A tie",
    row: rowOf(Array<number>(CLASSES).fill(0), "dog", "beach"),
    remark:
      "All scores are 0, as before training. BCE pushes each class by half, however many there are; zlpr divides its push among the classes of a side, and the threshold has a share.",
  },
  {
    title: "A wrong label",
    row: rowOf([2.4, 1.9, 5, 1.4, -2.6, -3.1, -2.2, -3.8], "dog", "beach", "person"),
    remark:
      "The sea is there, but nobody has labelled it. Nearly all that zlpr pushes down goes to this one class, and BCE pushes it just as hard; asymmetric lets go, as if it guessed the mistake.",
  },
];
