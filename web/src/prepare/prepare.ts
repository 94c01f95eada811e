import type { Answer, Call, Facts, Forecast, Job, Prepared, Refusal } from "./messages";

export type { Facts, Forecast, Job, Prepared, Range, Refusal } from "./messages";

/** A file that stays as it is, and why. */
export class PrepareError extends Error {
  override readonly name = "PrepareError";
  readonly refusal: Refusal;
  constructor(refusal: Refusal, detail: string) {
    super(detail);
    this.refusal = refusal;
  }
}

interface Waiting {
  resolve(value: Facts | Forecast | Prepared): void;
  reject(error: unknown): void;
  progress?(share: number): void;
}

/** How long a job that is cancelled may take to end by itself. */
const GRACE_MS = 1000;

/** Whether this browser can do it at all. */
export function canPrepare(): boolean {
  return typeof Worker !== "undefined" && typeof VideoEncoder !== "undefined" && typeof VideoDecoder !== "undefined";
}

/** Trims and shrinks files in a worker, which is loaded with the first of them. */
export class Preparer {
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #count = 0;

  look(file: File): Promise<Facts> {
    return this.#ask({ kind: "look", file }) as Promise<Facts>;
  }

  forecast(file: File, height: number): Promise<Forecast> {
    return this.#ask({ kind: "forecast", file, height }) as Promise<Forecast>;
  }

  /** Rejects with the signal's reason soon after it aborts. */
  run(file: File, job: Job, onProgress: (share: number) => void, signal: AbortSignal): Promise<Prepared> {
    return this.#ask({ kind: "run", file, job }, onProgress, signal) as Promise<Prepared>;
  }

  /** Ends whatever runs. */
  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(new DOMException("closed", "AbortError"));
    this.#waiting.clear();
  }

  async #ask(
    what: DistributiveOmit<Exclude<Call, { kind: "cancel" }>, "id">,
    progress?: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<Facts | Forecast | Prepared> {
    signal?.throwIfAborted();
    this.#count += 1;
    const id = this.#count;
    const began = performance.now();
    const worker = this.#start();
    let grace: ReturnType<typeof setTimeout> | undefined;
    const cancel = () => {
      worker.postMessage({ id, kind: "cancel" } satisfies Call);
      // A codec that hangs takes its worker with it.
      grace = setTimeout(() => this.close(), GRACE_MS);
    };
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject, progress });
        worker.postMessage({ ...what, id } as Call);
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      performance.measure(`vitascope.prepare.${what.kind}`, { start: began });
      clearTimeout(grace);
      signal?.removeEventListener("abort", cancel);
    }
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./prepare.worker.ts", import.meta.url), { type: "module", name: "prepare" });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#hear(data);
    worker.onerror = () => {
      const waiting = [...this.#waiting.values()];
      this.close();
      for (const one of waiting) one.reject(new PrepareError("failed", "the worker has failed"));
    };
    this.#worker = worker;
    return worker;
  }

  #hear(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (answer.kind === "progress") {
      waiting?.progress?.(answer.share);
      return;
    }
    this.#waiting.delete(answer.id);
    if (answer.kind === "value") waiting?.resolve(answer.value);
    else waiting?.reject(new PrepareError(answer.refusal, answer.detail));
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
