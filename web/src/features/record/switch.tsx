import { useId } from "react";
import { cx } from "@/shared/class-names";

/** Something that is on or off. */
export function Switch({
  label,
  hint,
  checked,
  onChange,
}: {
  label: string;
  hint?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label className="flex min-h-8 cursor-pointer items-center justify-between gap-3 text-[0.9375rem] font-medium">
        {label}
        <input
          type="checkbox"
          role="switch"
          checked={checked}
          aria-checked={checked}
          aria-describedby={hint ? id : undefined}
          onChange={(event) => onChange(event.target.checked)}
          className="peer sr-only"
        />
        <span
          aria-hidden="true"
          className={cx(
            "flex h-6 w-10 shrink-0 items-center rounded-full border p-0.5 transition-colors",
            "peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-accent",
            checked ? "justify-end border-accent bg-accent" : "justify-start border-line-strong bg-sunken",
          )}
        >
          <span className={cx("size-4.5 rounded-full", checked ? "bg-ink-inverse" : "bg-line-strong")} />
        </span>
      </label>
      {hint && (
        <p id={id} className="text-sm text-ink-soft">
          {hint}
        </p>
      )}
    </div>
  );
}
