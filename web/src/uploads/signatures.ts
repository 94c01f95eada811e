import type { SignedPart } from "@/api/types";
import { UploadFailure } from "./types";

/** URLs asked for in one call: few, because they expire. */
export const SIGN_AHEAD = 8;
/** A part's URL that was refused so often will not be taken any more. */
export const MOST_SIGNATURES = 4;
/** A URL that ends within this time is not used any more. */
const MARGIN_MS = 10_000;

export interface SignaturesDeps {
  /** Asks the server. */
  sign(numbers: number[]): Promise<SignedPart[]>;
  /** Parts that are worth asking for along with `number`, the nearest first. */
  ahead(number: number): number[];
  /** Milliseconds since 1970, to judge when a URL ends. */
  now(): number;
}

/** The signed URLs of one video's parts. Asks for several at a time, and never twice at the same time. */
export class Signatures {
  #deps: SignaturesDeps;
  #known = new Map<number, SignedPart>();
  #asking: Promise<void> | undefined;

  constructor(deps: SignaturesDeps) {
    this.#deps = deps;
  }

  /** A URL that still works for a while; rejects as the call to the server does. */
  async of(number: number): Promise<SignedPart> {
    for (;;) {
      const part = this.#known.get(number);
      if (part !== undefined && !this.#endsSoon(part)) return part;
      this.#known.delete(number);
      if (this.#asking !== undefined) {
        // Whoever asked hears of a failure; everybody else asks for themselves then.
        await this.#asking.catch(() => undefined);
        continue;
      }
      const ahead = this.#deps.ahead(number).filter((other) => other !== number && !this.#known.has(other));
      this.#asking = this.#ask([number, ...ahead.slice(0, SIGN_AHEAD - 1)]).finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
      const fresh = this.#known.get(number);
      // Fresh from the server: used even when the two clocks disagree.
      if (fresh !== undefined) return fresh;
      throw new UploadFailure({ code: "rejected", detail: `part ${number} was not signed`, retryable: true });
    }
  }

  has(number: number): boolean {
    return this.#known.has(number);
  }

  /** Its part is stored, or it was refused. */
  forget(number: number): void {
    this.#known.delete(number);
  }

  async #ask(numbers: number[]): Promise<void> {
    for (const part of await this.#deps.sign(numbers)) this.#known.set(part.number, part);
  }

  #endsSoon(part: SignedPart): boolean {
    const end = Date.parse(part.expires_at);
    return Number.isFinite(end) && end - this.#deps.now() < MARGIN_MS;
  }
}
