import {
  ACTION_RECORD_HEADER,
  ACTION_RECORD_LENGTH,
  ROUTE_BARE,
  ROUTE_FIXED,
  ROUTE_PREFIX_TAG,
  ROUTE_SEARCH,
  ROUTE_WHOLE,
  STEP_LENGTH,
  TEMPLATE_FIXED_SLOT,
  TEMPLATE_PREFIX_CRC,
  TEMPLATE_ROUTE_KIND,
  TEMPLATE_STEPS,
  TEMPLATE_SUFFIX_CLOSE,
  TEMPLATE_SUFFIX_LENGTH,
  TEMPLATE_SUFFIX_OFFSET,
  TEMPLATE_SUFFIX_SLOT,
  TEMPLATE_TAG_CRC,
  TEMPLATE_TAG_LENGTH,
} from "./layout.ts";
import type { Route } from "./route.ts";
import type { CompiledTemplate } from "./template.ts";

/** A compiled template as it lies in kernel memory; layout.ts draws it. */
export function templateImage(template: CompiledTemplate): Uint8Array {
  const { steps, route } = template;
  const literalsStart = TEMPLATE_STEPS + steps.length * STEP_LENGTH;
  const suffixStart = steps.reduce((end, { literal }) => end + literal.length, literalsStart);
  const image = new Uint8Array(suffixStart + route.suffix.length);
  const words = new DataView(image.buffer);
  writeRoute(words, route, suffixStart);
  image.set(route.suffix, suffixStart);
  let literalAt = literalsStart;
  for (const [index, { literal, action, first, second }] of steps.entries()) {
    const at = TEMPLATE_STEPS + index * STEP_LENGTH;
    const isRecord = action === ACTION_RECORD_LENGTH || action === ACTION_RECORD_HEADER;
    words.setUint32(at, literalAt, true);
    words.setUint32(at + 4, literal.length, true);
    words.setUint32(at + 8, action, true);
    words.setUint32(at + 12, isRecord ? first | (second << 16) : first, true);
    image.set(literal, literalAt);
    literalAt += literal.length;
  }
  return image;
}

function writeRoute(words: DataView, route: Route, suffixStart: number): void {
  words.setInt32(TEMPLATE_ROUTE_KIND, routeKind(route), true);
  words.setInt32(TEMPLATE_FIXED_SLOT, route.fixedSlot, true);
  words.setInt32(TEMPLATE_PREFIX_CRC, route.prefixCrc, true);
  words.setInt32(TEMPLATE_TAG_CRC, route.prefixTagCrc, true);
  words.setInt32(TEMPLATE_TAG_LENGTH, route.prefix.length - route.prefixOpen - 1, true);
  words.setInt32(TEMPLATE_SUFFIX_OFFSET, suffixStart, true);
  words.setInt32(TEMPLATE_SUFFIX_LENGTH, route.suffix.length, true);
  words.setInt32(TEMPLATE_SUFFIX_CLOSE, route.suffixClose, true);
  words.setInt32(TEMPLATE_SUFFIX_SLOT, route.suffixSlot, true);
}

function routeKind(route: Route): number {
  if (route.bare) return ROUTE_BARE;
  if (route.fixedSlot >= 0) return ROUTE_FIXED;
  if (route.alwaysWhole) return ROUTE_WHOLE;
  return route.prefixOpen >= 0 ? ROUTE_PREFIX_TAG : ROUTE_SEARCH;
}
