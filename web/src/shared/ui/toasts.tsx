import { useSyncExternalStore } from "react";
import { t } from "@/shared/i18n/t";

interface Toast {
  id: number;
  text: string;
}

const SHOWN_MS = 4000;
let toasts: readonly Toast[] = [];
let count = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Says something short that needs no answer. */
export function toast(text: string): void {
  count += 1;
  const id = count;
  set([...toasts.slice(-2), { id, text }]);
  setTimeout(() => set(toasts.filter((other) => other.id !== id)), SHOWN_MS);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section
      aria-label={t("notifications.label")}
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-6 z-50 grid justify-items-center gap-2 px-4"
    >
      {shown.map(({ id, text }) => (
        <p key={id} className="rounded-full bg-ink px-5 py-2.5 text-sm font-semibold text-ink-inverse shadow-lifted">
          {text}
        </p>
      ))}
    </section>
  );
}
