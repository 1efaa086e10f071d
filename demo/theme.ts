/** Light or dark: as the system has it, until the reader chooses. */
import { byId } from "./dom.ts";

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const listeners: (() => void)[] = [];

/** Calls back when colors have changed, for those who draw with them. */
export function onThemeChange(listener: () => void): void {
  listeners.push(listener);
}

export function openTheme(): void {
  const button = byId("theme");
  const { dataset } = document.documentElement;
  const isDark = (): boolean => (dataset.theme ? dataset.theme === "dark" : systemIsDark.matches);
  const show = (): void => {
    button.textContent = isDark() ? "Light theme" : "Dark theme";
    for (const listener of listeners) listener();
  };
  button.addEventListener("click", () => {
    dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", dataset.theme);
    } catch {
      // Storage may be forbidden; then the choice lasts as long as the page.
    }
    show();
  });
  systemIsDark.addEventListener("change", show);
  show();
}

/** A color of the style sheet as canvases take it. */
export function colorOf(variable: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
