import { useQuery } from "@tanstack/react-query";
import { ApiError } from "@/api/problem";
import { t } from "@/shared/i18n/t";
import { meQuery } from "@/shared/me";
import { LoadError } from "@/shared/ui/feedback";
import { useTitle } from "@/shared/ui/use-title";
import { useSessionStatus } from "@/shared/use-session";
import { Stage } from "./stage";
import { StateCard } from "./state-card";
import { useWatchedVideo } from "./use-watched-video";
import { VideoInfo, VideoInfoSkeleton } from "./video-info";
import { VideoMissing } from "./video-missing";
import { VideoPlayer } from "./video-player";

/** The whole watch page of one video: player or its state, and what belongs to it. */
export function Watch({ id, startAt }: { id: string; startAt: number }) {
  const query = useWatchedVideo(id);
  const signedIn = useSessionStatus() === "signed_in";
  const me = useQuery({ ...meQuery, enabled: signedIn });
  const video = query.data;
  useTitle(video?.title ?? t("app.name"));

  if (query.isPending) {
    return (
      <>
        <Stage>{null}</Stage>
        <VideoInfoSkeleton />
      </>
    );
  }
  const gone = query.error instanceof ApiError && (query.error.status === 404 || query.error.status === 410);
  if (gone) return <VideoMissing signedIn={signedIn} />;
  if (video === undefined) return <LoadError error={query.error} onRetry={() => void query.refetch()} />;
  const mine = me.data !== undefined && me.data.channel.id === video.channel.id;
  return (
    <>
      <Stage video={video}>
        {video.playable && video.state !== "failed" ? (
          <VideoPlayer key={video.id} video={video} startAt={startAt} />
        ) : (
          <StateCard video={video} mine={mine} />
        )}
      </Stage>
      <VideoInfo video={video} mine={mine} />
    </>
  );
}
