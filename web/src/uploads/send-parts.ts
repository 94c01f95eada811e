import type { SignedPart } from "@/api/types";
import { backoffMs, sleep } from "./backoff";
import { judge } from "./judge";
import { MOST_ATTEMPTS, persist } from "./persist";
import { type Network, type Transport, UploadFailure } from "./types";

export interface PartsJob {
  videoId: string;
  file: Blob;
  /** Bytes of every part but the last. */
  partSize: number;
  /** The parts to send, numbered from 1, in this order. */
  numbers: readonly number[];
  /** How many of them go alone, one after the other, before the others share the line. */
  alone?: number;
  /** PUTs at the same time. */
  parallel: number;
  transport: Pick<Transport, "sign" | "put">;
  network: Network;
  signal: AbortSignal;
  random?: () => number;
  /** Bytes of this job that are sent or under way. May fall when a part starts over. */
  onProgress(bytes: number): void;
}

/** Signed URLs asked for in one call: few, because they expire. */
const SIGN_AHEAD = 8;
/** A URL that ends within this time is not used any more. */
const SIGN_MARGIN_MS = 10_000;
const MOST_SIGNATURES = 4;

/** Sends parts in parallel. Resolves when all are stored; the first refusal stops the others and rejects. */
export async function sendParts(job: PartsJob): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([job.signal, stop.signal]);
  const queue = [...job.numbers];
  const signatures = new Signatures({ ...job, signal });
  const moved = new Map<number, number>();
  const report = (number: number, bytes: number) => {
    moved.set(number, bytes);
    let total = 0;
    for (const part of moved.values()) total += part;
    job.onProgress(total);
  };

  for (const number of queue.splice(0, job.alone ?? 0)) {
    signal.throwIfAborted();
    await sendPart({ ...job, signal }, number, signatures, report);
  }
  const worker = async () => {
    for (;;) {
      signal.throwIfAborted();
      const number = queue.shift();
      if (number === undefined) return;
      await sendPart({ ...job, signal }, number, signatures, report);
    }
  };
  const workers = Array.from({ length: Math.max(1, job.parallel) }, () =>
    worker().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(workers);
  job.signal.throwIfAborted();
  if (stop.signal.aborted) throw stop.signal.reason;
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

async function sendPart(
  job: PartsJob,
  number: number,
  signatures: Signatures,
  report: (number: number, bytes: number) => void,
): Promise<void> {
  const bytes = partOf(job.file, job.partSize, number);
  let failures = 0;
  let refusals = 0;
  for (;;) {
    await job.network.whenOnline(job.signal);
    const part = await signatures.of(number);
    try {
      await job.transport.put(part, bytes, (sent) => report(number, Math.min(sent, bytes.size)), job.signal);
      report(number, bytes.size);
      signatures.done(number);
      return;
    } catch (error) {
      report(number, 0);
      job.signal.throwIfAborted();
      const verdict = judge(error, "put");
      if (verdict.kind === "stop") throw new UploadFailure(verdict.problem);
      if (verdict.kind === "sign_again") {
        signatures.forget(number);
        refusals += 1;
        if (refusals >= MOST_SIGNATURES) {
          const detail = error instanceof Error && error.message !== "" ? error.message : undefined;
          throw new UploadFailure({ code: "rejected", detail, retryable: true });
        }
        continue;
      }
      if (!(await stillReadable(bytes))) throw new UploadFailure({ code: "file_changed", retryable: false });
      if (!job.network.online()) continue;
      failures += 1;
      if (failures >= MOST_ATTEMPTS) throw new UploadFailure({ code: "network", retryable: true });
      await sleep(verdict.afterMs ?? backoffMs(failures, job.random), job.signal);
    }
  }
}

export function partCount(size: number, partSize: number): number {
  return Math.max(1, Math.ceil(size / partSize));
}

export function partOf(file: Blob, partSize: number, number: number): Blob {
  const start = (number - 1) * partSize;
  return file.slice(start, Math.min(file.size, start + partSize));
}

/** A file that was changed or removed after it was chosen fails like a broken network; reading a byte tells them apart. */
async function stillReadable(bytes: Blob): Promise<boolean> {
  try {
    await bytes.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** The signed URLs of one job. Asks for several at a time, and never twice at the same time. */
class Signatures {
  #job: PartsJob;
  #known = new Map<number, SignedPart>();
  /** Parts that are not stored yet, in the order in which they are sent. */
  #left: Set<number>;
  #asking: Promise<void> | undefined;

  constructor(job: PartsJob) {
    this.#job = job;
    this.#left = new Set(job.numbers);
  }

  async of(number: number): Promise<SignedPart> {
    for (;;) {
      const part = this.#known.get(number);
      if (part !== undefined && !endsSoon(part)) return part;
      this.#known.delete(number);
      if (this.#asking !== undefined) {
        await this.#asking;
        continue;
      }
      const ahead = [...this.#left].filter((other) => other !== number && !this.#known.has(other));
      this.#asking = this.#ask([number, ...ahead.slice(0, SIGN_AHEAD - 1)]).finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
      if (!this.#known.has(number)) {
        throw new UploadFailure({ code: "rejected", detail: `part ${number} was not signed`, retryable: true });
      }
      // Fresh from the server: used even when the clocks of the two machines disagree about its end.
      return this.#known.get(number) as SignedPart;
    }
  }

  forget(number: number): void {
    this.#known.delete(number);
  }

  done(number: number): void {
    this.#known.delete(number);
    this.#left.delete(number);
  }

  async #ask(numbers: number[]): Promise<void> {
    const parts = await persist(() => this.#job.transport.sign(this.#job.videoId, numbers), this.#job);
    for (const part of parts) this.#known.set(part.number, part);
  }
}

function endsSoon(part: SignedPart): boolean {
  const end = Date.parse(part.expires_at);
  return Number.isFinite(end) && end - Date.now() < SIGN_MARGIN_MS;
}
