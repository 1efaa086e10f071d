import { fused } from "./fused.ts";
import { jaxJs } from "./jax.ts";
import { native } from "./native.ts";
import { onnxruntimeNode, onnxruntimeWeb } from "./onnxruntime.ts";
import type { Peer } from "./peer.ts";
import { pytorch } from "./pytorch.ts";
import { tensorflow } from "./tensorflow.ts";
import { zlpr } from "./zlpr.ts";

/** All that is measured side by side; the first is what the ratios are of. */
export const peers: readonly Peer[] = [
  fused,
  zlpr,
  tensorflow,
  onnxruntimeWeb,
  onnxruntimeNode,
  jaxJs,
  native,
  pytorch,
];
