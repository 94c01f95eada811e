import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Video } from "@/api/types";
import type { EngineNews } from "@/player/engine";
import type { Player } from "@/player/view";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { videoQuery } from "@/shared/video/queries";

/**
 * Mounts the player for as long as the page shows this video. Later news about the video, such as a longer encode,
 * reach the player through its playlist; they must not restart it, so only the id decides.
 */
export function VideoPlayer({ video, startAt }: { video: Video; startAt: number }) {
  const host = useRef<HTMLDivElement>(null);
  const client = useQueryClient();
  const first = useRef({ video, startAt });
  const latest = useRef(video);
  const running = useRef<Player>(undefined);
  const [broken, setBroken] = useState(false);
  const { id } = video;

  useEffect(() => {
    if (broken) return;
    let player: Player | undefined;
    let gone = false;
    const { video: shown, startAt: at } = first.current;
    // The engine is a chunk of its own, so that no other page waits for it.
    import("@/player/view").then(
      ({ createPlayer }) => {
        if (gone || host.current === null) return;
        player = createPlayer(host.current, {
          url: shown.playback.hls_url,
          freshUrl: async () => (await client.fetchQuery({ ...videoQuery(id), staleTime: 0 })).playback.hls_url,
          posterUrl: shown.playback.poster_url ?? undefined,
          title: shown.title,
          startAt: at,
          duration: shown.duration_seconds ?? undefined,
          rungs: shown.rungs,
        });
        running.current = player;
        player.update(newsOf(latest.current));
      },
      () => setBroken(true),
    );
    return () => {
      gone = true;
      running.current = undefined;
      player?.destroy();
    };
  }, [id, client, broken]);

  useEffect(() => {
    latest.current = video;
    running.current?.update(newsOf(video));
  }, [video]);

  return (
    <div ref={host} className="absolute inset-0 rounded-[inherit]">
      {broken && (
        <div role="alert" className="grid size-full place-content-center justify-items-center gap-4 p-6 text-white">
          <p>{t("error.network")}</p>
          <Button onClick={() => setBroken(false)}>{t("action.tryAgain")}</Button>
        </div>
      )}
    </div>
  );
}

function newsOf({ playback, duration_seconds, rungs }: Video): EngineNews {
  return { url: playback.hls_url, duration: duration_seconds ?? undefined, rungs };
}
