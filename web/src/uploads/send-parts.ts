import { backoffMs, sleep } from "./backoff";
import { judge } from "./judge";
import { MOST_ATTEMPTS, persist } from "./persist";
import { MOST_SIGNATURES, Signatures } from "./signatures";
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

/** Sends parts in parallel. Resolves when all are stored; the first refusal stops the others and rejects. */
export async function sendParts(job: PartsJob): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([job.signal, stop.signal]);
  const queue = [...job.numbers];
  const left = new Set(job.numbers);
  const signatures = new Signatures({
    sign: (numbers) => persist(() => job.transport.sign(job.videoId, numbers), { ...job, signal }),
    ahead: () => [...left],
    now: () => Date.now(),
  });
  const moved = new Map<number, number>();
  const report = (number: number, bytes: number) => {
    moved.set(number, bytes);
    let total = 0;
    for (const part of moved.values()) total += part;
    job.onProgress(total);
  };

  const send = async (number: number) => {
    signal.throwIfAborted();
    await sendPart({ ...job, signal }, number, signatures, report);
    left.delete(number);
  };

  for (const number of queue.splice(0, job.alone ?? 0)) await send(number);
  const worker = async () => {
    for (;;) {
      const number = queue.shift();
      if (number === undefined) return;
      await send(number);
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
      signatures.forget(number);
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
