import { Film } from "lucide-react";
import { useState } from "react";
import type { Video } from "@/api/types";
import { formatClock } from "@/shared/format";
import { t } from "@/shared/i18n/t";

/** The poster of a video in 16:9 with its length; a quiet placeholder until there is one. */
export function Thumb({ video }: { video: Video }) {
  const url = video.playback?.poster_url;
  const [broken, setBroken] = useState<string>();
  const seconds = video.duration_seconds;
  const live = video.state === "live" || video.state === "interrupted";
  return (
    <div className="relative aspect-video overflow-hidden rounded-xl bg-sunken">
      {url && broken !== url ? (
        <img
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          className="size-full object-cover"
          onError={() => setBroken(url)}
        />
      ) : (
        <div className="grid size-full place-content-center text-ink-soft" title={t("video.untitledPoster")}>
          <Film size={28} aria-hidden="true" />
        </div>
      )}
      {live && (
        <span className="absolute right-2 bottom-2 rounded-md bg-live px-1.5 py-0.5 text-xs font-bold tracking-wide text-white">
          {t("live.on")}
        </span>
      )}
      {typeof seconds === "number" && seconds > 0 && (
        <span className="absolute right-2 bottom-2 rounded-md bg-black/80 px-1.5 py-0.5 text-xs font-semibold text-white tabular-nums">
          <span className="sr-only">{t("video.duration", { time: formatClock(seconds) })}</span>
          <span aria-hidden="true">{formatClock(seconds)}</span>
        </span>
      )}
    </div>
  );
}
