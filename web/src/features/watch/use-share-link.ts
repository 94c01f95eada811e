import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { session } from "@/api/client";
import { ApiError } from "@/api/problem";
import { leavePass, recallPass, takePass } from "@/api/share-pass";
import { explain } from "@/shared/explain";
import { openShareLink } from "@/shared/share/share-links-query";
import { videoQuery } from "@/shared/video/queries";

export type ShareLinkState =
  | { kind: "opening" }
  /** `problem` says what was wrong with the last try. */
  | { kind: "password"; problem?: string; busy?: boolean }
  | { kind: "open" }
  | { kind: "ended" }
  | { kind: "failed"; error: unknown };

/** Opens a video by a share link, unless one may watch it anyway. */
export function useShareLink(id: string, token: string) {
  const client = useQueryClient();
  const [state, setState] = useState<ShareLinkState>({ kind: "opening" });
  const open = useCallback(
    async (password?: string) => {
      setState(password === undefined ? { kind: "opening" } : { kind: "password", busy: true });
      try {
        const { pass } = await openShareLink(id, token, password);
        takePass(id, token, pass);
        setState({ kind: "open" });
      } catch (error) {
        setState(stateAfter(error, password !== undefined));
      }
    },
    [id, token],
  );
  useEffect(() => {
    let over = false;
    const start = async () => {
      if (await mayWatchAnyway(() => client.fetchQuery({ ...videoQuery(id), staleTime: 0, retry: false }))) {
        if (!over) setState({ kind: "open" });
      } else if (!over) {
        if (recallPass(id, token)) setState({ kind: "open" });
        else await open();
      }
    };
    void start();
    return () => {
      over = true;
      leavePass(id);
      // What the link showed is not for whoever comes here without it.
      client.removeQueries({ queryKey: videoQuery(id).queryKey });
    };
  }, [id, token, client, open]);
  return { state, open };
}

async function mayWatchAnyway(ask: () => Promise<unknown>): Promise<boolean> {
  await session.settled();
  if (session.status !== "signed_in") return false;
  return ask().then(
    () => true,
    () => false,
  );
}

function stateAfter(error: unknown, tried: boolean): ShareLinkState {
  if (!(error instanceof ApiError)) return { kind: "failed", error };
  if (error.code === "password_required") return { kind: "password" };
  if (error.code === "wrong_password" || (error.status === 429 && tried)) {
    return { kind: "password", problem: explain(error) };
  }
  return error.status === 404 ? { kind: "ended" } : { kind: "failed", error };
}
