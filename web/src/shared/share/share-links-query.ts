import { queryOptions } from "@tanstack/react-query";
import { request } from "@/api/client";
import type { MadeShareLink, NewShareLink, ShareLink, SharePass } from "@/api/types";

const path = (videoId: string) => `/api/videos/${encodeURIComponent(videoId)}/links`;

export const shareLinksQuery = (videoId: string) =>
  queryOptions({
    queryKey: ["video", videoId, "links"],
    queryFn: async ({ signal }) => (await request<{ items: ShareLink[] }>("GET", path(videoId), { signal })).items,
  });

export const makeShareLink = (videoId: string, body: NewShareLink) =>
  request<MadeShareLink>("POST", path(videoId), { body });

export const revokeShareLink = (videoId: string, link: string) =>
  request<void>("DELETE", `${path(videoId)}/${encodeURIComponent(link)}`);

/** Nobody's session has to do with it. */
export const openShareLink = (videoId: string, token: string, password?: string) =>
  request<SharePass>("POST", `${path(videoId)}/open`, { body: { token, password }, anonymous: true });
