import { useQuery } from "@tanstack/react-query";
import { ApiError } from "@/api/problem";
import type { Video } from "@/api/types";
import { videoQuery } from "@/shared/video/queries";

const UNTIL_PLAYABLE_MS = 1000;
const UNTIL_READY_MS = 2000;

/** The video, asked for again until there is nothing more to come. */
export function useWatchedVideo(id: string) {
  return useQuery({
    ...videoQuery(id),
    retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 3,
    refetchInterval: (query) => pollEvery(query.state.data),
  });
}

export function pollEvery(video: Video | undefined): number | false {
  if (video === undefined || video.state === "ready" || video.state === "failed") return false;
  return video.playable ? UNTIL_READY_MS : UNTIL_PLAYABLE_MS;
}
