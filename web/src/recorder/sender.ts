import { ApiError } from "@/api/problem";
import type { Video } from "@/api/types";
import { backoffMs, sleep } from "@/uploads/backoff";
import { judge } from "@/uploads/judge";
import { MOST_SIGNATURES, SIGN_AHEAD, Signatures } from "@/uploads/signatures";
import { type Network, type Transport, UploadFailure, type UploadProblem } from "@/uploads/types";
import type { Spool } from "./spool/types";

export interface SenderDeps {
  transport: Pick<Transport, "sign" | "put" | "complete">;
  network: Network;
  spool: Pick<Spool, "read" | "drop">;
  /** PUTs at the same time, now; 3 when it is not said. */
  parallel?(): number;
  /** Milliseconds since 1970, to judge when a signed address ends. */
  now(): number;
  random?: () => number;
  onChange(): void;
}

/** How the line to the server is. `held`: the server refuses for now, `problem` says why; what is recorded stays here. */
export type Line = "idle" | "sending" | "offline" | "retrying" | "held";

/** PUTs at the same time: one keeps up with a recording, three catch up after a cut. */
const PARALLEL = 3;
/** A server that comes back is found again within this time. */
const LONGEST_WAIT_MS = 5_000;
/** A refusal that may end by itself (a full disk, no room left) is asked again so often. */
const HELD_MS = 30_000;
/** The server ends a take of which it hears nothing for ten minutes; a pause may be longer. */
const SIGN_OF_LIFE_MS = 60_000;

/**
 * Sends the parts of one take in their order, from the spool. It never gives up: a broken line is tried again for as long as
 * it takes, and after a refusal it is asked again now and then, or when somebody says `retry`.
 */
export class Sender {
  readonly take: string;
  #deps: SenderDeps;
  #waiting: number[] = [];
  #flying = new Set<number>();
  #signatures: Signatures;
  #stop = new AbortController();
  #wake = new AbortController();
  #line: Line = "idle";
  #problem: UploadProblem | undefined;
  #holding: ReturnType<typeof setTimeout> | undefined;
  #idle: (() => void)[] = [];
  #beat: ReturnType<typeof setInterval>;

  constructor(take: string, deps: SenderDeps) {
    this.take = take;
    this.#deps = deps;
    this.#signatures = new Signatures({
      sign: (numbers) =>
        deps.transport.sign(take, numbers).catch((error: unknown) => {
          throw new ApiFault(error);
        }),
      // Numbers that are not recorded yet too: the last part then needs one round trip and not two.
      ahead: (number) => Array.from({ length: SIGN_AHEAD }, (_, index) => number + index),
      now: () => deps.now(),
    });
    this.#beat = setInterval(() => {
      if (this.behind === 0) void deps.transport.sign(take, []).catch(() => undefined);
    }, SIGN_OF_LIFE_MS);
  }

  get line(): Line {
    return this.#line;
  }

  get problem(): UploadProblem | undefined {
    return this.#problem;
  }

  /** Parts that the server does not have yet. */
  get behind(): number {
    return this.#waiting.length + this.#flying.size;
  }

  /** These parts are in the spool now. */
  add(...numbers: number[]): void {
    this.#waiting.push(...numbers);
    this.#waiting.sort((a, b) => a - b);
    this.#pump();
  }

  /** Asks again at once: the person did something about it, or the network is back. */
  retry(): void {
    clearTimeout(this.#holding);
    if (this.#line === "held") {
      this.#problem = undefined;
      this.#line = "idle";
    }
    this.#wake.abort(new DOMException("asked to hurry", "AbortError"));
    this.#wake = new AbortController();
    this.#pump();
  }

  /** Ends all of it without a word to the server. */
  close(): void {
    clearTimeout(this.#holding);
    clearInterval(this.#beat);
    this.#stop.abort(new DOMException("the take is closed", "AbortError"));
  }

  /**
   * Sends what is left and completes the video of `count` parts. Rejects with an UploadFailure when the server refuses;
   * calling it again goes on from there.
   */
  async finish(count: number): Promise<Video> {
    this.retry();
    await this.#drained();
    for (let failures = 0; ; ) {
      try {
        const video = await this.#deps.transport.complete(this.take, count);
        clearInterval(this.#beat);
        return video;
      } catch (error) {
        this.#stop.signal.throwIfAborted();
        if (error instanceof ApiError && error.missing.length > 0) {
          // An answer that was lost, or a server that was set back: the parts are sent again while they are here.
          this.add(...error.missing.filter((number) => !this.#flying.has(number) && !this.#waiting.includes(number)));
          await this.#drained();
          failures += 1;
          if (failures > MOST_SIGNATURES) throw new UploadFailure({ code: "conflict", retryable: false });
          continue;
        }
        const verdict = judge(error, "api");
        if (verdict.kind === "stop") throw new UploadFailure(verdict.problem);
        failures += 1;
        await this.#pause("retrying", failures);
      }
    }
  }

  /** Resolves when nothing is left to send; rejects when the server refuses to take more. */
  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.#stop.signal.aborted) return reject(this.#stop.signal.reason);
        if (this.#problem !== undefined) return reject(new UploadFailure(this.#problem));
        if (this.behind === 0) return resolve();
        this.#idle.push(look);
      };
      look();
    });
  }

  #pump(): void {
    while (
      !this.#stop.signal.aborted &&
      this.#problem === undefined &&
      this.#flying.size < (this.#deps.parallel?.() ?? PARALLEL) &&
      this.#waiting.length > 0
    ) {
      const number = this.#waiting.shift() as number;
      this.#flying.add(number);
      void this.#send(number);
    }
    if (this.#problem === undefined && this.behind === 0) this.#line = "idle";
    this.#changed();
  }

  async #send(number: number): Promise<void> {
    try {
      await this.#put(number);
      await this.#deps.spool.drop(this.take, number);
      this.#flying.delete(number);
    } catch (error) {
      this.#flying.delete(number);
      if (this.#stop.signal.aborted) return this.#changed();
      this.#waiting.unshift(number);
      this.#waiting.sort((a, b) => a - b);
      this.#hold(error);
    }
    this.#pump();
  }

  #hold(error: unknown): void {
    this.#problem =
      error instanceof UploadFailure
        ? error.problem
        : { code: "rejected", detail: error instanceof Error ? error.message : undefined, retryable: true };
    this.#line = "held";
    clearTimeout(this.#holding);
    if (this.#problem.retryable && this.#problem.code !== "gone") {
      this.#holding = setTimeout(() => this.retry(), HELD_MS);
    }
  }

  async #put(number: number): Promise<void> {
    const { signal } = this.#stop;
    let refusals = 0;
    for (let failures = 0; ; ) {
      await this.#online();
      try {
        const bytes = await this.#deps.spool.read(this.take, number);
        if (bytes === undefined) throw new UploadFailure({ code: "file_changed", retryable: false });
        const part = await this.#signatures.of(number);
        await this.#deps.transport.put(part, new Blob([bytes]), () => undefined, signal);
        this.#signatures.forget(number);
        this.#line = "sending";
        // The last part is put as soon as there is one: its address is asked for before.
        if (!this.#signatures.has(number + 1)) void this.#signatures.of(number + 1).catch(() => undefined);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof UploadFailure) throw error;
        const verdict = judge(
          error instanceof ApiFault ? error.cause : error,
          error instanceof ApiFault ? "api" : "put",
        );
        if (verdict.kind === "stop") throw new UploadFailure(verdict.problem);
        if (verdict.kind === "sign_again") {
          this.#signatures.forget(number);
          refusals += 1;
          if (refusals < MOST_SIGNATURES) continue;
          throw new UploadFailure({ code: "rejected", detail: (error as Error).message, retryable: true });
        }
        failures += 1;
        await this.#pause(this.#deps.network.online() ? "retrying" : "offline", failures, verdict.afterMs);
      }
    }
  }

  async #online(): Promise<void> {
    if (this.#deps.network.online()) return;
    this.#line = "offline";
    this.#changed();
    await this.#deps.network.whenOnline(this.#stop.signal);
  }

  /** Waits a little longer after each failure, unless somebody asks to hurry. */
  async #pause(line: Line, failures: number, asked?: number): Promise<void> {
    this.#line = line;
    this.#changed();
    const ms = Math.min(LONGEST_WAIT_MS, asked ?? backoffMs(failures, this.#deps.random));
    try {
      await sleep(ms, AbortSignal.any([this.#stop.signal, this.#wake.signal]));
    } catch {
      this.#stop.signal.throwIfAborted();
    }
  }

  #changed(): void {
    for (const look of this.#idle.splice(0)) look();
    this.#deps.onChange();
  }
}

/** A failed call of the API, to be judged as one and not as a refused PUT. */
class ApiFault extends Error {
  constructor(cause: unknown) {
    super("", { cause });
  }
}
