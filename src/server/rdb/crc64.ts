/** CRC-64/Jones: polynomial 0xad93d23594c935a9, reflected, initial value and final xor 0, check value (of "123456789") 0xe9c6d914c4b8d9ca. */
const POLYNOMIAL_HIGH = 0x95ac9329;
const POLYNOMIAL_LOW = 0xac4bc9b5;

const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    const odd = (low & 1) === 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (odd) {
      high ^= POLYNOMIAL_HIGH;
      low ^= POLYNOMIAL_LOW;
    }
  }
  HIGH[byte] = high;
  LOW[byte] = low;
}

/** The checksum of DUMP payloads and RDB files, as its eight bytes in little-endian order. */
export function crc64(bytes: Uint8Array, end: number = bytes.length): Buffer {
  let high = 0;
  let low = 0;
  for (let index = 0; index < end; index += 1) {
    const entry = (low ^ (bytes[index] as number)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (LOW[entry] as number);
    high = (high >>> 8) ^ (HIGH[entry] as number);
  }
  const result = Buffer.alloc(8);
  result.writeInt32LE(low, 0);
  result.writeInt32LE(high | 0, 4);
  return result;
}
