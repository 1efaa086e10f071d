/** When the training ends; the charts have room for so many from the start. */
export const EPOCHS = 10;
