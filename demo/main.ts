import { readLink, writeLink } from "./model/page-link.ts";
import { PageState } from "./page-state.ts";
import { BatchView } from "./view/batch.ts";
import { ClusterPanel } from "./view/cluster-panel.ts";
import { showKernelBadge } from "./view/kernel-badge.ts";
import { showLens } from "./view/lens.ts";
import { showPlan } from "./view/plan.ts";
import { showRace } from "./view/race-panel.ts";
import { SlotGrid } from "./view/slot-grid.ts";
import { isDark, showTheme } from "./view/theme.ts";
import { showTogether } from "./view/together.ts";
import { KeyWorker } from "./worker/key-worker.ts";

const linked = readLink(location.hash);
const state = new PageState(linked, isDark(linked.theme));
const worker = new KeyWorker();

showTheme(state);
const grid = new SlotGrid(state, worker);
const batch = new BatchView(state, worker);
showLens(state, (key) => batch.add(key));
new ClusterPanel(state);
showTogether(state);
showPlan(state);
showRace();
showKernelBadge(state);

/** Browsers allow some 100 changes of the address in half a minute. */
const LINK_DELAY_MS = 250;
let writing: number | undefined;
let written = location.hash.slice(1);
state.watch(
  [
    "key",
    "slot",
    "zoom",
    "primaries",
    "moved",
    "pasted",
    "example",
    "keys",
    "together",
    "rttMs",
    "waiting",
    "theme",
  ],
  () => {
    window.clearTimeout(writing);
    writing = window.setTimeout(() => {
      written = writeLink(state.values);
      history.replaceState(null, "", written === "" ? location.pathname + location.search : `#${written}`);
    }, LINK_DELAY_MS);
  },
);
window.addEventListener("hashchange", () => {
  if (location.hash.slice(1) === written) return;
  const next = readLink(location.hash);
  state.set(next);
  grid.zoomTo(next.zoom);
  void batch.load(next);
});
void batch.load(linked);
