import type { LucideIcon } from "lucide-react";
import { useId } from "react";
import { cx } from "@/shared/class-names";

export interface Option<T extends string> {
  value: T;
  label: string;
  icon: LucideIcon;
}

/** One of a few ways, side by side. */
export function Choice<T extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly Option<T>[];
  value: T;
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">{label}</legend>
      <div className="grid grid-cols-2 gap-2">
        {options.map(({ value: own, label: text, icon: Icon }) => (
          <label
            key={own}
            className={cx(
              "flex min-h-12 cursor-pointer items-center justify-center gap-2 rounded-xl border px-3 py-2 text-center text-sm font-semibold",
              "has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent",
              value === own ? "border-accent bg-accent-soft text-accent" : "border-line hover:bg-sunken",
            )}
          >
            <input
              type="radio"
              name={name}
              value={own}
              checked={value === own}
              onChange={() => onChange(own)}
              className="sr-only"
            />
            <Icon size={20} aria-hidden="true" className="shrink-0" />
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
