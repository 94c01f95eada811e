import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ApiError } from "@/api/problem";
import type { Player } from "@/player/view";
import { t } from "@/shared/i18n/t";
import { meQuery } from "@/shared/me";
import { LoadError } from "@/shared/ui/feedback";
import { useTitle } from "@/shared/ui/use-title";
import { useSessionStatus } from "@/shared/use-session";
import { LiveBadge } from "./live-badge";
import { LinkEnded } from "./share-gate";
import { Stage } from "./stage";
import { StateCard } from "./state-card";
import { useWatchedVideo } from "./use-watched-video";
import { VideoInfo, VideoInfoSkeleton } from "./video-info";
import { VideoMissing } from "./video-missing";
import { isOn, VideoPlayer } from "./video-player";

const PAGE = "page-width pb-16 sm:pt-6";

/** The whole watch page of one video: player or its state, and what belongs to it. */
export function Watch({ id, startAt }: { id: string; startAt: number }) {
  const query = useWatchedVideo(id);
  const signedIn = useSessionStatus() === "signed_in";
  const me = useQuery({ ...meQuery, enabled: signedIn });
  const video = query.data;
  const [wide, setWide] = useState(false);
  const player = useRef<Player>(undefined);
  useTitle(video?.title ?? t("app.name"));

  if (query.isPending) {
    return (
      <div className={PAGE}>
        <Stage>{null}</Stage>
        <VideoInfoSkeleton />
      </div>
    );
  }
  const gone = query.error instanceof ApiError && (query.error.status === 404 || query.error.status === 410);
  if (gone) {
    return (
      <div className={PAGE}>
        <VideoMissing signedIn={signedIn} />
      </div>
    );
  }
  if (query.error instanceof ApiError && query.error.code === "link_ended") {
    return (
      <div className={PAGE}>
        <LinkEnded again={id} />
      </div>
    );
  }
  if (video === undefined) return <LoadError error={query.error} onRetry={() => void query.refetch()} />;
  const mine = me.data !== undefined && me.data.channel.id === video.channel.id;
  return (
    <div className={wide ? "pb-16" : PAGE}>
      <Stage video={video} wide={wide}>
        {video.playable && video.state !== "failed" ? (
          <>
            {/* A broadcast that has ended is another thing to play: the whole of it. */}
            <VideoPlayer
              key={`${video.id}/${video.edit}/${isOn(video)}`}
              video={video}
              startAt={startAt}
              player={player}
              onTheater={setWide}
            />
            {isOn(video) && <LiveBadge video={video} />}
          </>
        ) : (
          <StateCard video={video} mine={mine} />
        )}
      </Stage>
      <div className={wide ? "page-width" : undefined}>
        <VideoInfo video={video} mine={mine} onNewest={() => player.current?.newest()} />
      </div>
    </div>
  );
}
