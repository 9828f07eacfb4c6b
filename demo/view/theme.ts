import type { Theme } from "../model/page-link.ts";
import type { PageState } from "../page-state.ts";
import { byId } from "./element.ts";

const preference = window.matchMedia("(prefers-color-scheme: dark)");

export function isDark(theme: Theme): boolean {
  return theme === "auto" ? preference.matches : theme === "dark";
}

/** The switch, which goes back to "auto" where that is what it shows. */
export function showTheme(state: PageState): void {
  const button = byId("theme");
  state.watch(["theme"], () => {
    const { theme } = state.values;
    const dark = isDark(theme);
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-pressed", String(dark));
    state.set({ dark });
  });
  button.addEventListener("click", () => {
    const dark = !state.values.dark;
    state.set({ theme: dark === preference.matches ? "auto" : dark ? "dark" : "light" });
  });
  preference.addEventListener("change", () => state.set({ dark: isDark(state.values.theme) }));
}
