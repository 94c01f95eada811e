import { useInfiniteQuery } from "@tanstack/react-query";
import { Pencil, Trash2, Video as VideoIcon } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import type { Video } from "@/api/types";
import { formatAgo, formatCount } from "@/shared/format";
import { t, tn } from "@/shared/i18n/t";
import { Button, ButtonLink } from "@/shared/ui/button";
import { CopyLinkButton } from "@/shared/ui/copy-link";
import { EmptyState, LoadError, ProgressBar, Skeleton } from "@/shared/ui/feedback";
import { StateBadge, VisibilityBadge } from "@/shared/video/badges";
import { myVideosQuery } from "@/shared/video/queries";
import { Thumb } from "@/shared/video/thumb";
import { DeleteVideoDialog } from "./delete-video-dialog";
import { EditVideoDialog } from "./edit-video-dialog";
import { UsageLine } from "./usage-line";

export function MyVideos() {
  const query = useInfiniteQuery(myVideosQuery);
  const [open, setOpen] = useState<{ dialog: "edit" | "delete"; video: Video }>();
  if (query.isPending) return <MyVideosSkeleton />;
  if (query.isError && query.data === undefined) {
    return <LoadError error={query.error} onRetry={() => void query.refetch()} />;
  }
  const videos = query.data.pages.flatMap((page) => page.items);
  if (videos.length === 0) {
    return (
      <EmptyState icon={<VideoIcon size={26} />} title={t("my.empty")} text={t("my.emptyText")}>
        <ButtonLink to="/upload" variant="primary">
          {t("home.emptyAction")}
        </ButtonLink>
      </EmptyState>
    );
  }
  return (
    <>
      <UsageLine />
      <ul className="divide-y divide-line border-y border-line">
        {videos.map((video) => (
          <li key={video.id}>
            <MyVideo
              video={video}
              onEdit={() => setOpen({ dialog: "edit", video })}
              onDelete={() => setOpen({ dialog: "delete", video })}
            />
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="mt-8 grid justify-items-center">
          <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
            {query.isFetchingNextPage ? t("action.loadingMore") : t("action.loadMore")}
          </Button>
        </div>
      )}
      {open?.dialog === "edit" && <EditVideoDialog video={open.video} onClose={() => setOpen(undefined)} />}
      {open?.dialog === "delete" && <DeleteVideoDialog video={open.video} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function MyVideo({ video, onEdit, onDelete }: { video: Video; onEdit: () => void; onDelete: () => void }) {
  const views = video.counts?.views ?? 0;
  return (
    <article className="grid grid-cols-[7.5rem_1fr] gap-x-4 gap-y-1 py-4 sm:grid-cols-[11rem_1fr_auto] sm:items-center sm:gap-x-5">
      <Thumb video={video} />
      <div className="min-w-0">
        <h2 className="line-clamp-2 leading-snug font-semibold wrap-anywhere">
          <Link to={`/w/${video.id}`} className="rounded hover:text-accent">
            {video.title}
          </Link>
        </h2>
        <div className="mt-2 flex flex-wrap items-center gap-2">
          <StateBadge video={video} />
          <VisibilityBadge visibility={video.visibility} />
          <span className="text-sm text-ink-soft">
            {tn("video.views", views, formatCount(views))} · {formatAgo(video.created_at)}
          </span>
        </div>
        {video.state === "processing" && (
          <div className="mt-3 max-w-sm">
            <ProgressBar label={t("upload.encodeProgress", { name: video.title })} value={video.progress} />
          </div>
        )}
        {video.state === "failed" && video.error && (
          <p className="mt-2 text-sm wrap-anywhere text-bad">{video.error.message}</p>
        )}
        {(video.state === "waiting" || video.state === "live" || video.state === "interrupted") && (
          <Link
            to={`/live/new?v=${video.id}`}
            className="mt-2 inline-block rounded text-sm font-semibold text-accent hover:underline"
          >
            {t("my.manageBroadcast")}
          </Link>
        )}
        {video.state === "uploading" && (
          <Link
            to={video.origin === "recording" ? "/record" : "/upload"}
            className="mt-2 inline-block rounded text-sm font-semibold text-accent hover:underline"
          >
            {t(video.origin === "recording" ? "my.continueRecording" : "my.continueUpload")}
          </Link>
        )}
      </div>
      <div className="col-start-2 -ml-2.5 flex gap-1 sm:col-start-3 sm:ml-0">
        <CopyLinkButton compact videoId={video.id} label={t("my.copyLinkOf", { title: video.title })} />
        <Button
          variant="quiet"
          size="icon"
          onClick={onEdit}
          aria-label={t("my.edit", { title: video.title })}
          title={t("action.edit")}
        >
          <Pencil size={18} aria-hidden="true" />
        </Button>
        <Button
          variant="quiet"
          size="icon"
          onClick={onDelete}
          aria-label={t("my.deleteOf", { title: video.title })}
          title={t("action.delete")}
        >
          <Trash2 size={18} aria-hidden="true" />
        </Button>
      </div>
    </article>
  );
}

const skeletons = ["one", "two", "three", "four"];

function MyVideosSkeleton() {
  return (
    <div aria-busy="true">
      <p className="sr-only">{t("app.loading")}</p>
      {skeletons.map((key) => (
        <div key={key} className="grid grid-cols-[7.5rem_1fr] gap-5 py-4 sm:grid-cols-[11rem_1fr]">
          <Skeleton className="aspect-video rounded-xl" />
          <div className="self-center">
            <Skeleton className="h-5 w-3/5" />
            <Skeleton className="mt-3 h-5 w-1/3" />
          </div>
        </div>
      ))}
    </div>
  );
}
