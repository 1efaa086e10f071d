/** The tabs, by pointer and by keys; the address names the open one. */

const KEYS: Record<string, (at: number, count: number) => number> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** `onFirst`: what to do when the panel of that id is opened for the first time. */
export function openTabs(onFirst: Record<string, () => Promise<void>>): void {
  const tabs = [...document.querySelectorAll<HTMLElement>("[role=tab]")];
  const waiting = new Map(Object.entries(onFirst));

  function open(tab: HTMLElement): void {
    for (const other of tabs) {
      const isOpen = other === tab;
      other.setAttribute("aria-selected", String(isOpen));
      other.tabIndex = isOpen ? 0 : -1;
      panelOf(other).hidden = !isOpen;
    }
    const { id } = panelOf(tab);
    history.replaceState(null, "", `#${id}`);
    const first = waiting.get(id);
    waiting.delete(id);
    void first?.();
  }

  for (const [at, tab] of tabs.entries()) {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", (event) => {
      const target = KEYS[event.key]?.(at, tabs.length);
      if (target === undefined) return;
      event.preventDefault();
      open(tabs[target]);
      tabs[target].focus();
    });
  }
  const named = tabs.find((tab) => `#${panelOf(tab).id}` === location.hash);
  if (named) open(named);
}

function panelOf(tab: HTMLElement): HTMLElement {
  return document.getElementById(tab.getAttribute("aria-controls") ?? "") as HTMLElement;
}
