/** Checks carried out by several threads at once. */

import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { checkBallots, checkSignatures, type BallotCheck, type Checker, type SignatureCheck } from "./checker.js";

/** Ballots that are verified together: more save little and let threads wait for each other. */
const BALLOTS_AT_A_TIME = 32;
const SIGNATURES_AT_A_TIME = 64;

type Task =
  | { readonly kind: "signatures"; readonly checks: readonly SignatureCheck[] }
  | { readonly kind: "ballots"; readonly checks: readonly BallotCheck[] };

type Answer = { readonly answers: readonly unknown[] } | { readonly error: string };

interface Waiting {
  readonly task: Task;
  readonly resolve: (answers: readonly unknown[]) => void;
  readonly reject: (error: Error) => void;
}

/** A checker that hands its work to threads; `close` ends them. */
export class WorkerPool implements Checker {
  readonly #workers: Worker[];
  readonly #idle: Worker[];
  readonly #queue: Waiting[] = [];
  readonly #busy = new Map<Worker, Waiting>();

  constructor(threads = availableParallelism()) {
    this.#workers = Array.from({ length: Math.max(1, threads) }, () => new Worker(new URL(import.meta.url)));
    this.#idle = [...this.#workers];
    for (const worker of this.#workers) {
      worker.on("message", (answer: Answer) => this.#finish(worker, answer));
      worker.on("error", (error) => this.#finish(worker, { error: String(error) }));
      worker.unref();
    }
  }

  async signatures(checks: readonly SignatureCheck[]): Promise<boolean[]> {
    const tasks = chunks(checks, this.#chunk(checks.length, SIGNATURES_AT_A_TIME));
    const answers = await Promise.all(tasks.map((own) => this.#ask({ kind: "signatures", checks: own })));
    return answers.flat() as boolean[];
  }

  async ballots(checks: readonly BallotCheck[]): Promise<(string | undefined)[]> {
    const tasks = chunks(checks, this.#chunk(checks.length, BALLOTS_AT_A_TIME));
    const answers = await Promise.all(tasks.map((own) => this.#ask({ kind: "ballots", checks: own })));
    return answers.flat() as (string | undefined)[];
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** No thread idles while another has more than it needs. */
  #chunk(items: number, most: number): number {
    return Math.max(1, Math.min(most, Math.ceil(items / this.#workers.length)));
  }

  #ask(task: Task): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ task, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    while (this.#queue.length > 0 && this.#idle.length > 0) {
      const [worker, waiting] = [this.#idle.pop(), this.#queue.shift()];
      if (worker === undefined || waiting === undefined) return;
      this.#busy.set(worker, waiting);
      worker.ref();
      worker.postMessage(waiting.task);
    }
  }

  #finish(worker: Worker, answer: Answer): void {
    const waiting = this.#busy.get(worker);
    this.#busy.delete(worker);
    worker.unref();
    this.#idle.push(worker);
    if ("error" in answer) waiting?.reject(new Error(answer.error));
    else if (answer.answers.length !== waiting?.task.checks.length) {
      waiting?.reject(new Error("a thread left checks unanswered"));
    } else waiting.resolve(answer.answers);
    this.#start();
  }
}

function chunks<T>(items: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, at) =>
    items.slice(at * length, (at + 1) * length),
  );
}

function answer(task: Task): Answer {
  try {
    return { answers: task.kind === "signatures" ? checkSignatures(task.checks) : checkBallots(task.checks) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

if (!isMainThread) parentPort?.on("message", (task: Task) => parentPort?.postMessage(answer(task)));
