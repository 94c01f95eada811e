import type { Video } from "@/api/types";
import { UploadFailure, type UploadProblem } from "@/uploads/types";
import { leftovers } from "./leftovers";
import { claim } from "./locks";
import type { StoredTake } from "./spool/types";
import { spool, takeDeps } from "./store";
import { Take } from "./take";

/** A take that a crash left, and what becomes of it. */
export interface Leftover {
  stored: StoredTake;
  /** `ended`: the server has made a video of what it had. `gone`: the server does not know it any more. */
  phase: "found" | "sending" | "stuck" | "done" | "ended" | "gone";
  /** Parts to send, and how many of them are still to go. */
  total: number;
  left: number;
  problem?: UploadProblem;
  video?: Video;
}

/** Finds interrupted takes and goes on with them. */
export class Recovery {
  #items: readonly Leftover[] = [];
  #listeners = new Set<() => void>();
  #takes = new Map<string, { take: Take; release(): void }>();

  snapshot = (): readonly Leftover[] => this.#items;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Looks for takes of this account that no tab works on. */
  async look(account: string): Promise<void> {
    for (const { id } of await leftovers(account)) {
      if (this.#items.some(({ stored }) => stored.meta.id === id)) continue;
      const release = await claim(id);
      if (release === undefined) continue;
      const stored = await spool.peek(id).catch(() => undefined);
      release();
      if (stored === undefined || this.#items.some((item) => item.stored.meta.id === id)) continue;
      this.#set([
        ...this.#items,
        { stored, phase: "found", total: stored.numbers.length, left: stored.numbers.length },
      ]);
    }
  }

  /** Sends what is left of a take and makes a video of it. */
  async goOn(id: string): Promise<void> {
    const item = this.#items.find(({ stored }) => stored.meta.id === id);
    if (item === undefined || item.phase === "sending") return;
    this.#update(id, { phase: "sending", problem: undefined });
    try {
      const take = this.#takes.get(id)?.take ?? (await this.#open(id));
      if (take === undefined) return;
      const video = await take.finish();
      this.#close(id);
      this.#update(id, { phase: "done", video, left: 0 });
    } catch (error) {
      this.#update(id, { phase: "stuck", problem: problemOf(error) });
    }
  }

  /** Makes a video of what the server has, when it takes no more. */
  async finishWithSent(id: string): Promise<void> {
    const open = this.#takes.get(id);
    if (open === undefined) return;
    try {
      const video = await open.take.finishWithSent();
      this.#close(id);
      this.#update(id, { phase: "done", video, left: 0 });
    } catch (error) {
      this.#update(id, { phase: "stuck", problem: problemOf(error) });
    }
  }

  /** Deletes a take here and on the server. */
  async discard(id: string): Promise<void> {
    const item = this.#items.find(({ stored }) => stored.meta.id === id);
    if (item === undefined) return;
    const known = this.#takes.get(id);
    if (known !== undefined) {
      await known.take.discard();
      this.#close(id);
    } else {
      const release = await claim(id);
      if (release === undefined) return;
      try {
        const take = await Take.begin(item.stored.meta, takeDeps(id, silent));
        await take.discard();
      } finally {
        release();
      }
    }
    this.dismiss(id);
  }

  /** Takes a finished item off the list. */
  dismiss(id: string): void {
    this.#set(this.#items.filter(({ stored }) => stored.meta.id !== id));
  }

  async #open(id: string): Promise<Take | undefined> {
    const release = await claim(id);
    if (release === undefined) {
      // Another tab was quicker.
      this.dismiss(id);
      return undefined;
    }
    try {
      const stored = await spool.open(id);
      if (stored === undefined) throw new UploadFailure({ code: "gone", retryable: false });
      let take: Take | undefined;
      const onChange = () => this.#update(id, { left: take?.sender.behind ?? stored.numbers.length });
      const recovered = await Take.recover(stored, takeDeps(id, { onChange, onFull: () => undefined }));
      if (recovered.kind === "open") {
        take = recovered.take;
        this.#takes.set(id, { take, release });
        return take;
      }
      release();
      if (recovered.kind === "ended") this.#update(id, { phase: "ended", video: recovered.video, left: 0 });
      else this.#update(id, { phase: "gone" });
      return undefined;
    } catch (error) {
      release();
      throw error;
    }
  }

  #close(id: string): void {
    this.#takes.get(id)?.release();
    this.#takes.delete(id);
  }

  #update(id: string, changes: Partial<Leftover>): void {
    this.#set(this.#items.map((item) => (item.stored.meta.id === id ? { ...item, ...changes } : item)));
  }

  #set(items: readonly Leftover[]): void {
    this.#items = items;
    for (const listener of this.#listeners) listener();
  }
}

const silent = { onChange: () => undefined, onFull: () => undefined };

export function problemOf(error: unknown): UploadProblem {
  if (error instanceof UploadFailure) return error.problem;
  return { code: "network", detail: error instanceof Error ? error.message : undefined, retryable: true };
}

export const recovery = new Recovery();
