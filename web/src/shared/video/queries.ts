import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { request } from "@/api/client";
import { passOf } from "@/api/share-pass";
import type { UploadsMessage, Usage, Video, VideoChanges, VideoPage } from "@/api/types";

const PAGE = 24;

export const recentVideosQuery = infiniteQueryOptions({
  queryKey: ["videos", "recent"],
  queryFn: ({ pageParam, signal }) =>
    request<VideoPage>("GET", "/api/videos", { query: { sort: "recent", limit: PAGE, cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const myVideosQuery = infiniteQueryOptions({
  queryKey: ["me", "videos"],
  queryFn: ({ pageParam, signal }) =>
    request<VideoPage>("GET", "/api/me/videos", { query: { limit: PAGE, cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const usageQuery = queryOptions({
  // Below the list of my videos: whatever changes that list changes the room they take.
  queryKey: [...myVideosQuery.queryKey, "usage"],
  queryFn: ({ signal }) => request<Usage>("GET", "/api/me/usage", { signal }),
});

export const videoQuery = (id: string) =>
  queryOptions({
    queryKey: ["video", id],
    queryFn: ({ signal }) =>
      request<Video>("GET", `/api/videos/${encodeURIComponent(id)}`, { signal, pass: passOf(id) }),
  });

export const changeVideo = (id: string, changes: VideoChanges) =>
  request<Video>("PATCH", `/api/videos/${encodeURIComponent(id)}`, { body: changes });

export const deleteVideo = (id: string) => request<void>("DELETE", `/api/videos/${encodeURIComponent(id)}`);

/** Puts what the server said about one of my videos into every list that shows it. */
export function applyToCache(client: QueryClient, message: UploadsMessage): void {
  if (message.type === "ready") {
    void client.invalidateQueries({ queryKey: myVideosQuery.queryKey });
    return;
  }
  const id = message.type === "video" ? message.video.id : message.id;
  if (message.type === "video") client.setQueryData(videoQuery(id).queryKey, message.video);
  else client.removeQueries({ queryKey: videoQuery(id).queryKey });

  const lists = client.getQueryData(myVideosQuery.queryKey);
  if (lists === undefined) return;
  const known = lists.pages.some((page) => page.items.some((video) => video.id === id));
  if (!known) {
    if (message.type === "video") void client.invalidateQueries({ queryKey: myVideosQuery.queryKey });
    return;
  }
  client.setQueryData(myVideosQuery.queryKey, {
    ...lists,
    pages: lists.pages.map((page) => ({
      ...page,
      items:
        message.type === "video"
          ? page.items.map((video) => (video.id === id ? message.video : video))
          : page.items.filter((video) => video.id !== id),
    })),
  });
}
