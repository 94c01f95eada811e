import { useInfiniteQuery } from "@tanstack/react-query";
import { Clapperboard } from "lucide-react";
import { t } from "@/shared/i18n/t";
import { Button, ButtonLink } from "@/shared/ui/button";
import { EmptyState, LoadError } from "@/shared/ui/feedback";
import { recentVideosQuery } from "@/shared/video/queries";
import { VideoCard, VideoCardSkeleton } from "./video-card";

const grid = "grid grid-cols-[repeat(auto-fill,minmax(min(100%,17rem),1fr))] gap-x-5 gap-y-8";
const skeletons = Array.from({ length: 8 }, (_, index) => `skeleton-${index}`);

export function RecentVideos() {
  const query = useInfiniteQuery(recentVideosQuery);
  if (query.isPending) {
    return (
      <div className={grid} aria-busy="true">
        <p className="sr-only">{t("app.loading")}</p>
        {skeletons.map((key) => (
          <VideoCardSkeleton key={key} />
        ))}
      </div>
    );
  }
  if (query.isError && query.data === undefined) {
    return <LoadError error={query.error} onRetry={() => void query.refetch()} />;
  }
  const videos = query.data.pages.flatMap((page) => page.items);
  if (videos.length === 0) {
    return (
      <EmptyState icon={<Clapperboard size={26} />} title={t("home.empty")} text={t("home.emptyText")}>
        <ButtonLink to="/upload" variant="primary">
          {t("home.emptyAction")}
        </ButtonLink>
      </EmptyState>
    );
  }
  return (
    <>
      <ul className={grid}>
        {videos.map((video) => (
          <li key={video.id} className="min-w-0">
            <VideoCard video={video} />
          </li>
        ))}
      </ul>
      <div className="mt-10 grid justify-items-center">
        {query.hasNextPage && (
          <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
            {query.isFetchingNextPage ? t("action.loadingMore") : t("action.loadMore")}
          </Button>
        )}
      </div>
    </>
  );
}
