/** Cells in a row and in a column. */
export const SIDE = 128;
export const MOST_ZOOM = 32;

/** The part of the grid that is seen: its upper left corner in cells, and how many times a cell is enlarged. */
export class GridViewport {
  x = 0;
  y = 0;
  zoom = 1;

  /** Cells that are seen in a row. */
  get span(): number {
    return SIDE / this.zoom;
  }

  /** Enlarges so that the cell at (`column`, `row`) stays where it is. */
  zoomTo(zoom: number, column: number, row: number): void {
    const next = Math.min(MOST_ZOOM, Math.max(1, zoom));
    const keep = this.zoom / next;
    this.x = column - (column - this.x) * keep;
    this.y = row - (row - this.y) * keep;
    this.zoom = next;
    this.#clamp();
  }

  moveBy(columns: number, rows: number): void {
    this.x += columns;
    this.y += rows;
    this.#clamp();
  }

  /** Moves no further than needed to show the slot with a cell around it. */
  reveal(slot: number): void {
    const column = slot % SIDE;
    const row = Math.floor(slot / SIDE);
    const margin = Math.min(1, (this.span - 1) / 2);
    this.x = Math.min(column - margin, Math.max(column + 1 + margin - this.span, this.x));
    this.y = Math.min(row - margin, Math.max(row + 1 + margin - this.span, this.y));
    this.#clamp();
  }

  /** The slot under a point of a canvas that is `size` wide and high. */
  slotAt(left: number, top: number, size: number): number | undefined {
    const column = Math.floor(this.x + (left / size) * this.span);
    const row = Math.floor(this.y + (top / size) * this.span);
    if (column < 0 || row < 0 || column >= SIDE || row >= SIDE) return undefined;
    return row * SIDE + column;
  }

  /** Where the slot's cell is drawn. */
  boxOf(slot: number, size: number): { left: number; top: number; size: number } {
    const cell = size / this.span;
    return {
      left: ((slot % SIDE) - this.x) * cell,
      top: (Math.floor(slot / SIDE) - this.y) * cell,
      size: cell,
    };
  }

  #clamp(): void {
    const most = SIDE - this.span;
    this.x = Math.min(most, Math.max(0, this.x));
    this.y = Math.min(most, Math.max(0, this.y));
  }
}
