/** The element of that id, which the page's HTML holds. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element #${id}`);
  return found as E;
}

/** A new element with a class (empty for none) and what is in it. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className: string,
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  if (className !== "") element.className = className;
  element.append(...content);
  return element;
}

/** Changes the text only where it differs, so that a live region is not read again. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Keeps the canvas's pixels those of the screen, and paints after each change. Sizes are asked for here only: asked for
 * while painting, they would make the browser lay out the page at once.
 */
export function fitCanvas(canvas: HTMLCanvasElement, paint: () => void): void {
  new ResizeObserver(() => {
    const ratio = pixelRatio();
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    paint();
  }).observe(canvas);
}

export function pixelRatio(): number {
  return window.devicePixelRatio || 1;
}

export function prefersStillness(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
