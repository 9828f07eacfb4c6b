/**
 * 32 bits of a binary string, as MurmurHash3 mixes them, four characters at a time. The seed is fixed: the same keys in the same order make
 * the same SCAN in every run.
 */
export function keyHash(key: string): number {
  const { length } = key;
  let hash = 0x9747b28c;
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    const word =
      key.charCodeAt(index) |
      (key.charCodeAt(index + 1) << 8) |
      (key.charCodeAt(index + 2) << 16) |
      (key.charCodeAt(index + 3) << 24);
    hash ^= scramble(word);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (; index < length; index += 1) tail = (tail << 8) | key.charCodeAt(index);
  hash ^= scramble(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
