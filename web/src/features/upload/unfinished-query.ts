import { queryOptions } from "@tanstack/react-query";
import { browserTransport } from "@/uploads/browser-transport";

export const unfinishedQuery = queryOptions({
  queryKey: ["me", "uploads"],
  queryFn: () => browserTransport.unfinished(),
});
