import type { Data } from "../data.ts";

/** How far results may be from the exact ones, in ULP of float32: of the loss of a row, and of an element of the gradient. */
export interface Bounds {
  loss: number;
  grad: number;
  /** Of the mean error of the gradient's elements, where single ones may be far off. */
  meanGrad?: number;
}

/** The multi-hot data that all peers are given. */
export interface PeerData extends Data {
  labels: Uint8Array;
}

type Later<T> = T | Promise<T>;

/**
 * A way to compute the loss within this process. Before it is timed, logits and labels lie where the peer computes, in the
 * form that suits it best. The results of a call stay there, but for the loss, which has to be read so that the work is
 * done.
 */
export interface Method {
  name: string;
  /** What its formula and its operations allow, found by measuring; those of zlpr are the bounds that it promises. */
  bounds: Bounds;
  lossAndGradient(): Later<number>;
  lossAlone?(): Later<number>;
  /** The gradient that the last `lossAndGradient` has left, as an array of JavaScript's. */
  gradient(): Later<Float32Array>;
  /** The loss of each row; never timed. */
  rowLosses(): Later<ArrayLike<number>>;
  /** From arrays of JavaScript's to where the peer computes. Left out where each call does that itself. */
  copyIn?(): Later<number>;
  /** The gradient back. */
  copyOut?(): Later<number>;
  free?(): void;
}

/**
 * A way to compute the loss in a program of its own, which times itself. It is started as
 * `command… <data> <results> <rounds> <nanoseconds of a sample> <nanoseconds of warm-up>`: see `program.ts`.
 */
export interface Program {
  name: string;
  bounds: Bounds;
  command: readonly [string, ...string[]];
  environment?: Record<string, string>;
}

/** A peer that is there. */
export interface Opened {
  /** What was measured, with its version. */
  version: string;
  /** Ways to compute that are not there on this machine, and why. */
  skipped?: { name: string; reason: string }[];
  methods?(data: PeerData): Later<Method[]>;
  programs?: Program[];
}

export interface Peer {
  /** As on the command line. */
  name: string;
  /** Throws `Unavailable` if it is not installed, or does not run here. */
  open(): Promise<Opened>;
}

/** Why a peer is left out. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}
