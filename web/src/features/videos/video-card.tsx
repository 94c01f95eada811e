import { Link } from "react-router";
import type { Video } from "@/api/types";
import { formatAgo, formatCount } from "@/shared/format";
import { tn } from "@/shared/i18n/t";
import { Skeleton } from "@/shared/ui/feedback";
import { Thumb } from "@/shared/video/thumb";

export function VideoCard({ video }: { video: Video }) {
  const views = video.counts?.views ?? 0;
  return (
    <article className="group relative min-w-0">
      <Thumb video={video} />
      <h2 className="mt-3 line-clamp-2 leading-snug font-semibold wrap-anywhere">
        <Link to={`/w/${video.id}`} className="after:absolute after:inset-0 after:rounded-xl group-hover:text-accent">
          {video.title}
        </Link>
      </h2>
      <p className="mt-1 truncate text-sm text-ink-soft">{video.channel.name}</p>
      <p className="text-sm text-ink-soft">
        {tn("video.views", views, formatCount(views))} · {formatAgo(video.published_at ?? video.created_at)}
      </p>
    </article>
  );
}

export function VideoCardSkeleton() {
  return (
    <div aria-hidden="true">
      <Skeleton className="aspect-video rounded-xl" />
      <Skeleton className="mt-3 h-5 w-4/5" />
      <Skeleton className="mt-2 h-4 w-1/2" />
    </div>
  );
}
