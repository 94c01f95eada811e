/** Whether this tab records, for the parts of the app that do not load the recorder. */
export interface Presence {
  /** Milliseconds recorded so far, asked again and again. */
  elapsed(): number;
  paused: boolean;
}

let current: Presence | undefined;
const listeners = new Set<() => void>();

export function setPresence(next: Presence | undefined): void {
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
