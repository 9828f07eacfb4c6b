/**
 * Bytes as the server keeps them: a binary string (one character a byte, U+0000 to U+00FF) below `BUFFER_FROM` bytes, a Buffer from there on. V8 keeps a
 * binary string in one byte a character and one object, which is a third of what a small Buffer takes. A Buffer here owns its memory and is
 * never changed in place.
 */
export type Bytes = string | Buffer;

/** Names of keys, fields and commands are always binary strings, however long. */
export type BinaryString = string;

export const BUFFER_FROM: number = 32 * 1024;
