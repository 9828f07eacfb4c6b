import type { Reply } from "../bytes/reply.ts";
import { NotAppliedError } from "../errors.ts";
import { beforeDeadline } from "./deadline.ts";
import { nodeName } from "./nodes.ts";
import type { NodeAddress } from "./redirect.ts";
import { type Opinion, readOpinion, readPrimaryRole, sentinelQuestions } from "./sentinel-replies.ts";

/** How long the other Sentinels may still know better once a primary has confirmed its role. */
const GRACE_MS = 100;
/** What a further try does not mend. */
const LASTING: ReadonlySet<unknown> = new Set(["UNKNOWN_NAME", "NO_SENTINEL"]);

type Commands = readonly (readonly string[])[];

export interface SearchRequest {
  readonly name: string;
  /** As they are reached. */
  readonly sentinels: readonly NodeAddress[];
  /** Of the configuration in use, 0 for none. */
  readonly epoch: number;
  askSentinel(sentinel: NodeAddress, commands: Commands): Promise<Reply[]>;
  /** `announced` as a Sentinel tells it. */
  askNode(announced: NodeAddress, commands: Commands): Promise<Reply[]>;
  /** Told of each Sentinel that knows the name. */
  answered(sentinel: NodeAddress, opinion: Opinion): void;
  readonly signal: AbortSignal;
}

/** A primary that a Sentinel named and that says itself that it is one; addresses as they are announced. */
export interface Finding extends Opinion {
  readonly replicas: readonly NodeAddress[];
}

/**
 * Asks all Sentinels at once where the primary is, and what they name whether it is one (ROLE): a Sentinel may be behind, and a primary that
 * was replaced may have come back as what it was. Of several configurations the newest counts and no other: what is written to the node of
 * an older one is lost. Only a majority of the Sentinels takes back a newer one (they were set up anew).
 *
 * Rejects with NotAppliedError `NO_PRIMARY` and all causes, or `UNKNOWN_PRIMARY` where no Sentinel knows the name.
 */
export async function findPrimary(request: SearchRequest): Promise<Finding> {
  const { name, sentinels, signal } = request;
  const opinions: Opinion[] = [];
  const findings: Finding[] = [];
  const causes: Error[] = [];
  const roles = new Map<string, Promise<readonly NodeAddress[]>>();
  const replicasOf = (primary: NodeAddress): Promise<readonly NodeAddress[]> => {
    const node = nodeName(primary);
    const known = roles.get(node);
    if (known !== undefined) return known;
    const asked = located(node, async () => {
      const [role] = await request.askNode(primary, [["ROLE"]]);
      return readPrimaryRole(role!);
    });
    roles.set(node, asked);
    return asked;
  };
  let confirmed = () => {};
  const someConfirmed = new Promise<void>((resolve) => (confirmed = resolve));
  const consult = async (sentinel: NodeAddress): Promise<void> => {
    try {
      const opinion = await located(`Sentinel ${nodeName(sentinel)}`, async () =>
        readOpinion(name, await request.askSentinel(sentinel, sentinelQuestions(name))),
      );
      opinions.push(opinion);
      request.answered(sentinel, opinion);
      findings.push({ ...opinion, replicas: await replicasOf(opinion.primary) });
      confirmed();
    } catch (error) {
      causes.push(error as Error);
    }
  };
  const choose = () => chooseNewest(request, opinions, findings);
  const all = Promise.all(sentinels.map(consult));
  await Promise.race([all, someConfirmed]);
  await beforeDeadline(all, GRACE_MS, signal);
  const early = choose();
  if (early !== undefined) return early;
  await all;
  const late = choose();
  if (late !== undefined) return late;
  if (findings.length > 0) causes.push(new Error("what answers belongs to an older configuration"));
  throw notFound(name, causes);
}

function chooseNewest(
  { sentinels, epoch }: SearchRequest,
  opinions: readonly Opinion[],
  findings: readonly Finding[],
): Finding | undefined {
  const newest = Math.max(...opinions.map((opinion) => opinion.epoch));
  if (newest < epoch && opinions.length * 2 <= sentinels.length) return undefined;
  return findings.find((finding) => finding.epoch === newest);
}

/** Puts the place in front of an error's text; its code stays. */
async function located<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { message, code } = cause as Error & { code?: unknown };
    throw Object.assign(new Error(`${place}: ${message}`, { cause }), code === undefined ? {} : { code });
  }
}

function notFound(name: string, causes: readonly Error[]): NotAppliedError {
  const texts = [...new Set(causes.map((cause) => cause.message))].join("; ");
  const lasting = causes.every((cause) => LASTING.has((cause as { code?: unknown }).code));
  const cause = new AggregateError(causes, texts);
  const message = `no Sentinel leads to the primary "${name}": ${texts}`;
  return new NotAppliedError(lasting ? "UNKNOWN_PRIMARY" : "NO_PRIMARY", message, { cause });
}
