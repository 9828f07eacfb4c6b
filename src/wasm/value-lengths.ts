import { MAX_VALUE_LENGTH, valuesMissing, valueTooLarge } from "./input-error.ts";
import type { ValueColumns } from "./kernel.ts";
import { RECORD_HEADER_LENGTH } from "./record-header.ts";
import type { CompiledTemplate } from "./template.ts";

/** Refuses values that are missing or that no server would take, before anything is written. */
export function checkValues(
  template: CompiledTemplate,
  count: number,
  items: Uint32Array | undefined,
  values: ValueColumns | undefined,
): void {
  if (template.valueColumns.length === 0) return;
  if (values === undefined) throw valuesMissing(template.columns);
  for (const column of template.valueColumns) {
    const cells = values.columns[column];
    if (cells === undefined) throw valuesMissing(template.columns);
    for (let i = 0; i < count; i++) {
      const item = items === undefined ? i : items[i]!;
      const { length } = cells[item]!;
      if (length > MAX_VALUE_LENGTH) throw valueTooLarge(length, item);
    }
  }
  checkRecords(template, count, items, values);
}

/** Refuses packed records that are too long although their two parts are not. */
export function checkRecords(
  template: CompiledTemplate,
  count: number,
  items: Uint32Array | undefined,
  values: ValueColumns,
): void {
  for (const { metadata, bytes } of template.records) {
    const metadataCells = values.columns[metadata]!;
    const bytesCells = values.columns[bytes]!;
    for (let i = 0; i < count; i++) {
      const item = items === undefined ? i : items[i]!;
      const length = RECORD_HEADER_LENGTH + metadataCells[item]!.length + bytesCells[item]!.length;
      if (length > MAX_VALUE_LENGTH) throw valueTooLarge(length, item);
    }
  }
}
