import { queryOptions } from "@tanstack/react-query";
import { request } from "@/api/client";
import type { Broadcast, BroadcastList, NewBroadcast, StreamKey, Video } from "@/api/types";

/** What is on now; asked for again while the page is open. */
export const liveQuery = queryOptions({
  queryKey: ["live"],
  queryFn: ({ signal }) => request<BroadcastList>("GET", "/api/live", { signal }),
  refetchInterval: 5000,
});

export const beginBroadcast = (wishes: NewBroadcast) => request<Broadcast>("POST", "/api/live", { body: wishes });

export const newStreamKey = (id: string) =>
  request<StreamKey>("POST", `/api/live/${encodeURIComponent(id)}/key`, { body: {} });

export const endBroadcast = (id: string) =>
  request<Video>("POST", `/api/live/${encodeURIComponent(id)}/end`, { body: {} });
