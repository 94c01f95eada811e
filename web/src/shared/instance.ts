import { queryOptions } from "@tanstack/react-query";
import { request } from "@/api/client";
import type { Instance } from "@/api/types";

export const instanceQuery = queryOptions({
  queryKey: ["instance"],
  queryFn: ({ signal }) => request<Instance>("GET", "/api/instance", { signal, anonymous: true }),
  staleTime: 60_000,
});
