/**
 * Glob matching as KEYS, SCAN, PSUBSCRIBE, CONFIG GET and the ACL do it: `*`, `?`, `[a-z]`, `[^a]`, `\x`, over binary strings. Only the last star
 * is ever taken back, so the time is bounded by the product of both lengths.
 */
export function globMatch(pattern: string, text: string, ignoreCase = false): boolean {
  // The real one does not even look at a star then.
  if (text === "") return pattern === "";
  const glob = ignoreCase ? pattern.toLowerCase() : pattern;
  const subject = ignoreCase ? text.toLowerCase() : text;
  let at = 0;
  let position = 0;
  let starAt = -1;
  let starPosition = 0;
  while (position < subject.length) {
    if (glob.charCodeAt(at) === 0x2a) {
      starAt = at += 1;
      starPosition = position;
      continue;
    }
    const next = matchOne(glob, at, subject.charCodeAt(position));
    if (next >= 0) {
      at = next;
      position += 1;
      continue;
    }
    if (starAt < 0) return false;
    at = starAt;
    starPosition += 1;
    position = starPosition;
  }
  while (glob.charCodeAt(at) === 0x2a) at += 1;
  return at === glob.length;
}

/** Behind the pattern's element at `at` if it takes the character, else -1. */
function matchOne(glob: string, at: number, code: number): number {
  if (at >= glob.length) return -1;
  const element = glob.charCodeAt(at);
  if (element === 0x3f) return at + 1;
  if (element === 0x5b) return matchClass(glob, at + 1, code);
  const literal = element === 0x5c && at + 1 < glob.length ? at + 1 : at;
  return glob.charCodeAt(literal) === code ? literal + 1 : -1;
}

/** A class that is never closed ends with the pattern. */
function matchClass(glob: string, start: number, code: number): number {
  let at = start;
  const negated = glob.charCodeAt(at) === 0x5e;
  if (negated) at += 1;
  let found = false;
  for (; at < glob.length; at += 1) {
    const element = glob.charCodeAt(at);
    if (element === 0x5c && at + 1 < glob.length) {
      at += 1;
      if (glob.charCodeAt(at) === code) found = true;
    } else if (element === 0x5d) {
      at += 1;
      return found === negated ? -1 : at;
    } else if (glob.charCodeAt(at + 1) === 0x2d && at + 2 < glob.length) {
      const end = glob.charCodeAt(at + 2);
      if (code >= Math.min(element, end) && code <= Math.max(element, end)) found = true;
      at += 2;
    } else if (element === code) found = true;
  }
  return found === negated ? -1 : at;
}
