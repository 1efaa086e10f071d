/** The page: its tabs, its theme, and the first of its parts. The others are loaded when they are first opened. */
import "./style.css";
import { createLossHeads, openExplorer } from "./explorer/explorer.ts";
import { openTabs } from "./tabs.ts";
import { openTheme } from "./theme.ts";

openTheme();
createLossHeads();
openExplorer();
openTabs({
  train: async () => (await import("./train/panel.ts")).openTraining(),
  speed: async () => (await import("./speed/panel.ts")).openSpeed(),
});
