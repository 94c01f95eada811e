import type { Video } from "@/api/types";
import { cx } from "@/shared/class-names";
import { t } from "@/shared/i18n/t";

/** Says over the picture that it is a broadcast, and whether it goes on. */
export function LiveBadge({ video }: { video: Pick<Video, "state"> }) {
  const on = video.state === "live";
  return (
    <p
      role="status"
      className={cx(
        "pointer-events-none absolute top-3 left-3 rounded-md px-2 py-0.5 text-xs font-bold tracking-wide text-white",
        on ? "bg-live" : "bg-black/75",
      )}
    >
      {t(on ? "live.on" : "live.interrupted")}
    </p>
  );
}
