import { NO_KEYS, type PageState } from "../page-state.ts";
import { byId, say } from "./element.ts";

const TEXTS = {
  wasm: "Slots of many keys are computed by slotpack's WebAssembly kernel: 5 KB, embedded in the script, no second request. Short keys are left to JavaScript, which has them sooner.",
  js: "WebAssembly is refused here, most likely by a content security policy without 'wasm-unsafe-eval', so slotpack fell back to its JavaScript kernel. The slots are the same; long keys take a few times longer.",
} as const;

/** Which kernel the worker runs. */
export function showKernelBadge(state: PageState): void {
  state.watch(["summary"], () => {
    const { summary } = state.values;
    if (summary === NO_KEYS) return;
    const { backend } = summary;
    byId("kernel-badge").dataset.kernel = backend;
    say(byId("kernel-name"), backend === "wasm" ? "WebAssembly" : "JavaScript fallback");
    say(byId("kernel-text"), TEXTS[backend]);
  });
}
