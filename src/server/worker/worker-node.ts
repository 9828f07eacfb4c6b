import type { ClusterCalls } from "./cluster-calls.ts";
import type { NodeNews } from "./cluster-news.ts";
import type { WorkerFaults } from "./worker-faults.ts";
import type { WorkerJournal } from "./worker-journal.ts";
import { WorkerServerNode } from "./worker-server-node.ts";
import type { WorkerThread } from "./worker-thread.ts";

/**
 * One node of a cluster that runs in a worker thread. What is told here without a promise is as of the last news from the thread; every call's news have
 * come when its promise resolves.
 */
export class WorkerNode {
  readonly node: WorkerServerNode;
  readonly #thread: WorkerThread<ClusterCalls>;
  #news: NodeNews;

  /** @internal */
  constructor(thread: WorkerThread<ClusterCalls>, news: NodeNews) {
    this.#thread = thread;
    this.#news = news;
    this.node = new WorkerServerNode(thread, news.key);
  }

  /** @internal */
  get key(): number {
    return this.#news.key;
  }

  /** @internal */
  learn(news: NodeNews): void {
    this.#news = news;
  }

  /** @internal It is not in the cluster any more. */
  left(): void {
    this.#news = { ...this.#news, running: false };
  }

  /** 40 hexadecimal digits; CLUSTER RESET HARD changes it. */
  get id(): string {
    return this.#news.id;
  }

  get host(): string {
    return this.#news.host;
  }

  get port(): number {
    return this.#news.port;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  get url(): string {
    return this.#news.url;
  }

  get role(): "primary" | "replica" {
    return this.#news.role;
  }

  /** False after `kill` and before `restart`. */
  get running(): boolean {
    return this.#news.running;
  }

  /** The id of the primary that it follows. */
  get primaryId(): string | undefined {
    return this.#news.primaryId;
  }

  /** Faults at its connections; gone after `restart`. */
  get faults(): WorkerFaults {
    return this.node.faults;
  }

  /** What came in on its connections, once started; gone after `restart`. */
  get journal(): WorkerJournal {
    return this.node.journal;
  }

  /** See `ClusterNode.kill`. */
  kill(): Promise<void> {
    return this.#thread.call("killNode", this.key);
  }

  /** See `ClusterNode.restart`. */
  restart(): Promise<void> {
    return this.#thread.call("restartNode", this.key);
  }

  /** See `ClusterNode.pause`. */
  pause(): Promise<void> {
    return this.#thread.call("pauseNode", this.key);
  }

  resume(): Promise<void> {
    return this.#thread.call("resumeNode", this.key);
  }
}
