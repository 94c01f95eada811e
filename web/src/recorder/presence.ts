/** Whether this tab records or broadcasts, for the parts of the app that do not load the recorder. */
export interface Presence {
  /** Milliseconds recorded so far, asked again and again. */
  elapsed(): number;
  paused: boolean;
  /** The page of it. */
  to: "/record" | "/live/new";
}

let current: Presence | undefined;
const listeners = new Set<() => void>();

/** What `page` does now; each speaks only for itself. */
export function setPresence(page: Presence["to"], next: Presence | undefined): void {
  if (next === undefined && current?.to !== page) return;
  current = next;
  for (const listener of listeners) listener();
}

export const presence = {
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  snapshot: (): Presence | undefined => current,
};
