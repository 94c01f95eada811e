import { cx } from "@/shared/class-names";

/** The red dot of a recording; hollow while it rests. */
export function Dot({ hollow = false }: { hollow?: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={cx(
        "size-3 shrink-0 rounded-full border-2 border-[#e5484d]",
        !hollow && "bg-[#e5484d] motion-safe:animate-[skeleton-pulse_2s_ease-in-out_infinite]",
      )}
    />
  );
}
