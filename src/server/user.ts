/** Whom a connection is logged in as. */
export interface User {
  readonly name: string;
}
