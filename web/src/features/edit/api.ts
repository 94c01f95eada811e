import { queryOptions } from "@tanstack/react-query";
import { request } from "@/api/client";
import type { Edit, NewEdit } from "@/api/types";

const path = (id: string) => `/api/videos/${encodeURIComponent(id)}/edit`;

/** The edit of a video; asked for again while the server makes it. */
export const editQuery = (id: string) =>
  queryOptions({
    queryKey: ["video", id, "edit"],
    queryFn: ({ signal }) => request<Edit>("GET", path(id), { signal }),
    staleTime: 0,
    refetchOnWindowFocus: false,
    refetchInterval: (query) => (query.state.data?.state === "pending" ? 500 : false),
  });

export const saveEdit = (id: string, edit: NewEdit) => request<Edit>("PUT", path(id), { body: edit });
