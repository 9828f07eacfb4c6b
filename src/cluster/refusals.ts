import type { ReplyError } from "../bytes/reply.ts";
import { type ErrorPlace, NotAppliedError, ServerError, type SlotpackError } from "../errors.ts";
import type { Detour } from "./detour.ts";
import type { Network } from "./network.ts";
import type { NodeLink } from "./node-link.ts";
import { replyCause } from "./outcome-error.ts";
import { judgeReply, type NodeAddress, type Verdict } from "./redirect.ts";
import type { RetryLedger } from "./retry-ledger.ts";

/** Hops after which a redirect waits a little, so that two nodes that point at each other are not hammered. */
const FREE_HOPS = 4;
const CLUSTER_HINT = " (a node of a cluster: allow this user CLUSTER SLOTS, or connect with cluster: true)";

export interface RefusalLimits {
  readonly maxRedirections: number;
  /** TRYAGAINs of one item before it fails with that. */
  readonly tryAgainLimit: number;
}

/** Turns the error replies of one call into detours, and tells the network of what they say about slots. */
export class Refusals {
  readonly #network: Network;
  readonly #ledger: RetryLedger;
  readonly #limits: RefusalLimits;

  constructor(network: Network, ledger: RetryLedger, limits: RefusalLimits) {
    this.#network = network;
    this.#ledger = ledger;
    this.#limits = limits;
  }

  /** Enters the item in one of the detour's lists, or returns the error that is its outcome. */
  sort(
    item: number,
    error: ReplyError,
    from: NodeLink,
    place: ErrorPlace,
    detour: Detour,
  ): SlotpackError | undefined {
    const verdict = judgeReply(error, this.#network.addressOf(from));
    if (verdict.kind === "error") return new ServerError(error.code, error.message, place);
    if (verdict.kind === "refused") return new NotAppliedError(verdict.code, error.message, place);
    if (verdict.kind === "wait") return this.#wait(item, error, verdict, place, detour);
    if (!this.#network.cluster) return new ServerError(error.code, error.message + CLUSTER_HINT, place);
    const { maxRedirections } = this.#limits;
    const trouble = this.#ledger.of(item, error);
    if (++trouble.hops > maxRedirections) {
      const message = `more than ${maxRedirections} redirections, the last one ${error.message}`;
      return new NotAppliedError("TOO_MANY_REDIRECTIONS", message, { ...place, cause: replyCause(error) });
    }
    this.#learn(verdict.kind, verdict.slot, verdict.address, from);
    detour.refresh ||= verdict.kind === "moved";
    if (trouble.hops > FREE_HOPS) detour.wait.push(item);
    else if (verdict.kind === "moved") detour.now.push(item);
    else detour.ask(verdict.address, item);
    return undefined;
  }

  #wait(
    item: number,
    error: ReplyError,
    verdict: Extract<Verdict, { kind: "wait" }>,
    place: ErrorPlace,
    detour: Detour,
  ): NotAppliedError | undefined {
    const trouble = this.#ledger.of(item, error);
    if (verdict.code === "TRYAGAIN" && ++trouble.tryAgains > this.#limits.tryAgainLimit) {
      return new NotAppliedError("TRYAGAIN", error.message, place);
    }
    detour.refresh ||= verdict.refresh;
    detour.wait.push(item);
    return undefined;
  }

  #learn(kind: "moved" | "ask", slot: number, address: NodeAddress, from: NodeLink): void {
    this.#network.stats[kind]++;
    if (kind === "moved") {
      this.#network.moved(slot, address);
      if (this.#network.linkTo(address) === from) from.renew();
    }
    this.#network.redirected(kind, slot, from, address);
  }
}
