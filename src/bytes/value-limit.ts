/** What Redis accepts as one string value or key: the default of `proto-max-bulk-len`. */
export const MAX_VALUE_BYTES: number = 512 * 1024 * 1024;
