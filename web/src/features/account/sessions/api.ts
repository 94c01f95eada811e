import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { request } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { SessionList } from "@/api/types";

export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: ({ signal }) => request<SessionList>("GET", "/api/me/sessions", { signal }),
});

/** Ends one session, or every one but this when no `id` is given. */
export function useEndSessions() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: string | undefined) => {
      if (id === undefined) return request<void>("DELETE", "/api/me/sessions");
      try {
        await request<void>("DELETE", `/api/me/sessions/${encodeURIComponent(id)}`);
      } catch (error) {
        // It ended by itself meanwhile: what was asked for is done.
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      }
    },
    onSuccess: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}
