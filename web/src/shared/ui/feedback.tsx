import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/shared/class-names";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { Button } from "./button";

/** A grey shape where something is still loading. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <div
      aria-hidden="true"
      className={cx("rounded-md bg-sunken motion-safe:animate-[skeleton-pulse_1.6s_ease-in-out_infinite]", className)}
    />
  );
}

/** What to say when there is nothing: a sentence and a next step. */
export function EmptyState({
  icon,
  title,
  text,
  level = 2,
  children,
}: {
  icon: ReactNode;
  title: string;
  text: string;
  level?: 1 | 2;
  children?: ReactNode;
}) {
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <div className="mx-auto grid max-w-md justify-items-center gap-3 px-4 py-16 text-center sm:py-24">
      <div className="grid size-14 place-content-center rounded-2xl bg-accent-soft text-accent" aria-hidden="true">
        {icon}
      </div>
      <Heading className="mt-1 text-xl font-semibold">{title}</Heading>
      <p className="text-pretty text-ink-soft">{text}</p>
      {children && <div className="mt-2 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  );
}

/** A failed load with a way to try again. */
export function LoadError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div role="alert" className="mx-auto grid max-w-md justify-items-center gap-3 px-4 py-16 text-center">
      <div className="grid size-14 place-content-center rounded-2xl bg-bad-soft text-bad" aria-hidden="true">
        <CircleAlert size={26} />
      </div>
      <h2 className="mt-1 text-xl font-semibold">{t("error.title")}</h2>
      <p className="text-pretty text-ink-soft">{explain(error)}</p>
      <Button onClick={onRetry}>{t("action.tryAgain")}</Button>
    </div>
  );
}

/** A message inside a form or card. */
export function Notice({ tone, children }: { tone: "bad" | "info"; children: ReactNode }) {
  return (
    <div
      role={tone === "bad" ? "alert" : "note"}
      className={cx(
        "flex gap-2.5 rounded-lg px-3.5 py-2.5 text-[0.9375rem]",
        tone === "bad" ? "bg-bad-soft text-bad" : "bg-accent-soft text-ink",
      )}
    >
      <CircleAlert size={18} className="mt-0.5 shrink-0" aria-hidden="true" />
      <div className="min-w-0 wrap-anywhere">{children}</div>
    </div>
  );
}

/** A bar from 0 to 1; without a value it moves to show that something goes on. */
export function ProgressBar({ label, value }: { label: string; value?: number }) {
  const percent = value === undefined ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="h-1.5 overflow-hidden rounded-full bg-sunken"
    >
      {percent === undefined ? (
        <div className="h-full w-1/3 rounded-full bg-accent motion-safe:animate-[sweep_1.4s_ease-in-out_infinite]" />
      ) : (
        <div
          className="h-full rounded-full bg-accent transition-[width] duration-300"
          style={{ width: `${percent}%` }}
        />
      )}
    </div>
  );
}
