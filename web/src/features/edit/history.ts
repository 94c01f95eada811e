/** What can be undone and done again. */
export interface History<T> {
  readonly past: readonly T[];
  readonly now: T;
  readonly future: readonly T[];
}

const MOST = 200;

export type Step<T> =
  | { type: "to"; value: T }
  /** A change that goes on, such as a drag: only where it began can be undone. */
  | { type: "while"; value: T }
  | { type: "undo" }
  | { type: "redo" }
  | { type: "reset"; value: T };

export const begin = <T>(now: T): History<T> => ({ past: [], now, future: [] });

export function step<T>(history: History<T>, action: Step<T>): History<T> {
  const { past, now, future } = history;
  switch (action.type) {
    case "to":
      return action.value === now ? history : { past: [...past, now].slice(-MOST), now: action.value, future: [] };
    case "while":
      return action.value === now ? history : { past, now: action.value, future: [] };
    case "undo": {
      const before = past.at(-1);
      return before === undefined ? history : { past: past.slice(0, -1), now: before, future: [now, ...future] };
    }
    case "redo": {
      const [next, ...rest] = future;
      return next === undefined ? history : { past: [...past, now], now: next, future: rest };
    }
    case "reset":
      return begin(action.value);
  }
}
