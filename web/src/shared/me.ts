import { queryOptions } from "@tanstack/react-query";
import { request } from "@/api/client";
import type { Me } from "@/api/types";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => request<Me>("GET", "/api/me", { signal }),
  staleTime: 300_000,
});
