import { useQuery } from "@tanstack/react-query";
import { Radio } from "lucide-react";
import { VideoCard, VideoCardSkeleton } from "@/features/videos/video-card";
import { t } from "@/shared/i18n/t";
import { EmptyState, LoadError } from "@/shared/ui/feedback";
import { liveQuery } from "./api";

const grid = "grid grid-cols-[repeat(auto-fill,minmax(min(100%,17rem),1fr))] gap-x-5 gap-y-8";

/** The public broadcasts that are on. */
export function LiveList() {
  const query = useQuery(liveQuery);
  if (query.isPending) {
    return (
      <div className={grid} aria-busy="true">
        <p className="sr-only">{t("app.loading")}</p>
        <VideoCardSkeleton />
        <VideoCardSkeleton />
      </div>
    );
  }
  if (query.data === undefined) return <LoadError error={query.error} onRetry={() => void query.refetch()} />;
  const { items } = query.data;
  if (items.length === 0) {
    return <EmptyState icon={<Radio size={26} />} title={t("live.empty")} text={t("live.emptyText")} />;
  }
  return (
    <ul className={grid}>
      {items.map((video) => (
        <li key={video.id} className="min-w-0">
          <VideoCard video={video} />
        </li>
      ))}
    </ul>
  );
}
