import { useId } from "react";

/** A box to tick, with its words beside it. */
export function CheckField({
  label,
  hint,
  checked,
  disabled,
  onChange,
}: {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="grid gap-0.5">
      <label className="flex min-h-8 items-center gap-2.5">
        <input
          type="checkbox"
          checked={checked}
          disabled={disabled}
          aria-describedby={hint && id}
          onChange={(event) => onChange(event.target.checked)}
          className="size-5 shrink-0 accent-accent"
        />
        {label}
      </label>
      {hint && (
        <p id={id} className="pl-7.5 text-sm text-ink-soft">
          {hint}
        </p>
      )}
    </div>
  );
}
