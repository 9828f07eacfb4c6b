/** What the rig asks of the process that hosts its embedded servers. */
export type HostRequest =
  | { readonly what: "servers"; readonly count: number; readonly options: HostOptions }
  | {
      readonly what: "cluster";
      readonly primaries: number;
      readonly replicas: number;
      readonly options: HostOptions;
    }
  | { readonly what: "kill" | "restart" | "pause" | "resume"; readonly node: number };

export interface HostOptions {
  readonly configFile: string;
  readonly port: 0;
}

export interface HostOrder {
  readonly id: number;
  readonly request: HostRequest;
}

export interface HostedNode {
  readonly host: string;
  readonly port: number;
}

export interface HostAnswer {
  readonly id: number;
  readonly nodes?: readonly HostedNode[];
  readonly error?: string;
}
