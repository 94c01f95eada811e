import type { Spool } from "./types";

/** One call of the spool on its way to the worker, and its answer. */
export interface SpoolCall {
  id: number;
  method: keyof Spool;
  words: unknown[];
}

export type SpoolAnswer = { id: number; value: unknown } | { id: number; error: string; name: string };
