/** The color of each loss, the same in every picture. */
export const colors = {
  zlpr: "#1f5fbf",
  zlprJoint: "#0f9aa8",
  lsep: "#c0392b",
  combinatorialSoftmax: "#8a6116",
  sigmoidCrossEntropy: "#d9730d",
  focal: "#2e8b57",
  asymmetric: "#7b4fb5",
};

/** The name of a loss that is drawn. */
export type DrawnLoss = keyof typeof colors;
