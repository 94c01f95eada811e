import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { ApiError } from "@/api/problem";
import { followVideo } from "@/api/video-socket";
import { videoQuery } from "@/shared/video/queries";
import { askEvery } from "./ask-every";

/** The video, told by the server whenever it changes; while the socket is away, asked for until nothing more comes. */
export function useWatchedVideo(id: string) {
  const client = useQueryClient();
  const told = useRef(false);
  useEffect(
    () =>
      followVideo(id, {
        changed: (video) => client.setQueryData(videoQuery(id).queryKey, video),
        // The answer of the API says what to show.
        gone: () => void client.invalidateQueries({ queryKey: videoQuery(id).queryKey }),
        connected: (yes) => {
          told.current = yes;
        },
      }),
    [id, client],
  );
  return useQuery({
    ...videoQuery(id),
    retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 3,
    refetchInterval: (query) => askEvery(query.state.data, told.current),
  });
}
