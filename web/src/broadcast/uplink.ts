import { type Chunk, message, Outbox } from "./outbox";
import { Rate } from "./rate";

/** Why the server takes no more of a recording: the close code and words for a person. */
export interface Refusal {
  code: number;
  message: string;
}

/** `connecting`: the first time. `lost`: it was there, and is sought again. */
export type Line = "connecting" | "open" | "lost";

export interface UplinkDeps {
  /** The address with a fresh token; fails while there is none to be had. */
  address(): Promise<string>;
  open(address: string): WebSocket;
  now(): number;
  /** Line, bytes or rate have changed. */
  onChange(): void;
  /** Trying again would not help. */
  onRefused(refusal: Refusal): void;
}

/** After these the same connection may be sought again; whatever else the server closes with is final. */
const PASSING: readonly number[] = [1001, 1005, 1006, 1011, 1012, 4401, 4408, 4429];
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
/** More unsent bytes than this are no delay but a line that is too slow. */
export const MOST_WAITING = 96 * 1024 * 1024;
/** The server cannot take the recording in time. */
export const TOO_SLOW = 4599;

/** Sends one recording in numbered pieces, and again what the server did not have when the connection was lost. */
export class Uplink {
  #deps: UplinkDeps;
  #first: { mime: string; take: string };
  #outbox = new Outbox();
  #rate = new Rate();
  #socket: WebSocket | undefined;
  #line: Line = "connecting";
  #ready = false;
  #closed = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #told: Refusal | undefined;
  #empty: (() => void)[] = [];

  constructor(deps: UplinkDeps, first: { mime: string; take: string }) {
    this.#deps = deps;
    this.#first = first;
    void this.#connect();
  }

  get line(): Line {
    return this.#line;
  }

  /** Why the server closed the last time, in its words; nothing while it is open. */
  get said(): string | undefined {
    return this.#line === "open" ? undefined : this.#told?.message;
  }

  /** Bytes that are only here. */
  get waiting(): number {
    return this.#outbox.bytes;
  }

  /** Pieces that are only here. */
  get behind(): number {
    return this.#outbox.count;
  }

  /** Bits per second that arrive. */
  get rate(): number {
    return this.#rate.at(this.#deps.now());
  }

  send(data: Blob): void {
    if (this.#closed) return;
    const chunk = this.#outbox.add(data);
    if (this.#outbox.bytes > MOST_WAITING) {
      this.#refuse({ code: TOO_SLOW, message: "" });
      return;
    }
    if (this.#ready) this.#put(chunk);
    this.#deps.onChange();
  }

  /** Tries again at once, for the network is back. */
  retry(): void {
    if (this.#closed || this.#socket !== undefined || this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#connect();
  }

  /** Resolves when the server has everything, or takes no more. */
  settled(): Promise<void> {
    if (this.#outbox.count === 0 || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#empty.push(resolve));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
    this.#release();
  }

  async #connect(): Promise<void> {
    let socket: WebSocket;
    try {
      socket = this.#deps.open(await this.#deps.address());
    } catch (error) {
      if (error instanceof Refused) this.#refuse(error.refusal);
      else this.#again();
      return;
    }
    if (this.#closed) {
      socket.close();
      return;
    }
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ ...this.#first, resume_from: this.#outbox.first }));
    socket.onmessage = ({ data }) => {
      if (typeof data === "string" && socket === this.#socket) this.#hear(JSON.parse(data) as Said);
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      this.#ready = false;
      if (this.#closed) return;
      if (PASSING.includes(code)) this.#again();
      else this.#refuse({ code, message: this.#told?.message ?? "" });
    };
  }

  #hear(said: Said): void {
    if (said.ready === true && said.next !== undefined) {
      this.#arrived(said.next - 1);
      this.#ready = true;
      this.#told = undefined;
      this.#failures = 0;
      this.#line = "open";
      for (const chunk of this.#outbox.from(said.next)) this.#put(chunk);
    } else if (said.ack !== undefined) {
      this.#arrived(said.ack);
    } else if (said.error !== undefined) {
      this.#told = { code: 0, message: said.message ?? "" };
    }
    this.#deps.onChange();
  }

  #arrived(number: number): void {
    const before = this.#outbox.bytes;
    this.#outbox.arrived(number);
    if (before > this.#outbox.bytes) this.#rate.add(before - this.#outbox.bytes, this.#deps.now());
    if (this.#outbox.count === 0) this.#release();
  }

  #put(chunk: Chunk): void {
    this.#socket?.send(message(chunk));
  }

  #again(): void {
    if (this.#closed) return;
    if (this.#line === "open") this.#line = "lost";
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#connect();
    }, wait);
    this.#deps.onChange();
  }

  #refuse(refusal: Refusal): void {
    if (this.#closed) return;
    this.close();
    this.#deps.onRefused(refusal);
  }

  #release(): void {
    for (const resolve of this.#empty.splice(0)) resolve();
  }
}

/** There is no address, and will be none. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

interface Said {
  ready?: boolean;
  next?: number;
  ack?: number;
  error?: string;
  message?: string;
}
