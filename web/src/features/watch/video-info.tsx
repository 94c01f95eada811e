import { ChevronsRight, Download, Scissors } from "lucide-react";
import { useId, useState } from "react";
import type { Video } from "@/api/types";
import { cx } from "@/shared/class-names";
import { formatCount, formatDate, formatPercent } from "@/shared/format";
import { t, tn } from "@/shared/i18n/t";
import { ShareButton } from "@/shared/share/share-button";
import { Button, ButtonLink, buttonClass } from "@/shared/ui/button";
import { CopyLinkButton } from "@/shared/ui/copy-link";
import { Skeleton } from "@/shared/ui/feedback";
import { VisibilityBadge } from "@/shared/video/badges";
import { PlanDetails } from "./plan-details";

export function VideoInfo({
  video,
  mine,
  onNewest,
}: {
  video: Video;
  mine: boolean;
  /** Plays what was added last to a video that is being recorded. */
  onNewest: () => void;
}) {
  const views = video.counts?.views ?? 0;
  const download = video.playback.download_url;
  const date = formatDate(video.published_at ?? video.created_at);
  return (
    <div className="mt-5 grid gap-4">
      <h1 className="max-w-4xl text-2xl leading-tight font-semibold wrap-anywhere sm:text-[1.75rem]">{video.title}</h1>
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div className="flex min-w-0 items-center gap-3">
          <span
            aria-hidden="true"
            className="grid size-11 shrink-0 place-content-center rounded-full bg-accent-soft text-lg font-bold text-accent uppercase"
          >
            {[...video.channel.name][0] ?? ""}
          </span>
          <div className="min-w-0">
            <p className="truncate font-semibold">{video.channel.name}</p>
            <p className="text-sm text-ink-soft">
              {tn("video.views", views, formatCount(views))} ·{" "}
              {t(video.published_at ? "watch.published" : "watch.added", { date })}
            </p>
          </div>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {mine && <VisibilityBadge visibility={video.visibility} />}
          <CopyLinkButton videoId={video.id} />
          <ShareButton video={video} mine={mine} />
          {download && (
            <a href={download} download="" className={buttonClass("plain", "small")}>
              <Download size={16} aria-hidden="true" />
              {t("watch.download")}
            </a>
          )}
          {mine && video.state === "ready" && (
            <ButtonLink to={`/edit/${video.id}`} size="small">
              <Scissors size={16} aria-hidden="true" />
              {t("watch.cut")}
            </ButtonLink>
          )}
          {mine && (
            <ButtonLink to="/my" size="small">
              {t("watch.manage")}
            </ButtonLink>
          )}
        </div>
      </div>
      {video.playable && video.state === "processing" && (
        <p className="text-sm text-ink-soft tabular-nums">
          {t("watch.moreQuality", { percent: formatPercent(video.progress) })}
        </p>
      )}
      {video.playable && video.state === "uploading" && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm text-ink-soft">
          <p>{t(video.being_recorded ? "watch.recordingRuns" : "watch.uploadRuns")}</p>
          {video.being_recorded && (
            <Button size="small" onClick={onNewest}>
              <ChevronsRight size={16} aria-hidden="true" />
              {t("watch.newest")}
            </Button>
          )}
        </div>
      )}
      <Description text={video.description} />
      {mine && <PlanDetails video={video} />}
    </div>
  );
}

const SHORT_LINES = 4;
const SHORT_CHARACTERS = 320;

function Description({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  if (text.trim() === "") return null;
  const long = text.length > SHORT_CHARACTERS || text.split("\n").length > SHORT_LINES;
  return (
    <div className="max-w-4xl rounded-2xl bg-sunken p-4 sm:p-5">
      <p id={id} className={cx("wrap-anywhere whitespace-pre-line", long && !open && "line-clamp-4")}>
        {text}
      </p>
      {long && (
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          className="mt-2 rounded font-semibold hover:text-accent"
          onClick={() => setOpen(!open)}
        >
          {t(open ? "watch.showLess" : "watch.showMore")}
        </button>
      )}
    </div>
  );
}

export function VideoInfoSkeleton() {
  return (
    <div className="mt-5 grid max-w-4xl gap-4" aria-busy="true">
      <p className="sr-only">{t("app.loading")}</p>
      <Skeleton className="h-8 w-3/5" />
      <div className="flex items-center gap-3">
        <Skeleton className="size-11 rounded-full" />
        <Skeleton className="h-5 w-40" />
      </div>
    </div>
  );
}
