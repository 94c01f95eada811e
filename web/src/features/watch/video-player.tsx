import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import type { Video } from "@/api/types";
import type { Suggestion } from "@/player/end-card";
import type { Player, PlayerNews } from "@/player/view";
import { t } from "@/shared/i18n/t";
import { shareOf } from "@/shared/share/player-share";
import { Button } from "@/shared/ui/button";
import { recentVideosQuery, videoQuery } from "@/shared/video/queries";

/**
 * Mounts the player for as long as the page shows this video. Later news about the video, such as a longer encode,
 * reach the player through its playlist; they must not restart it, so only the id decides.
 */
export function VideoPlayer({
  video,
  startAt,
  player: running,
  onTheater,
}: {
  video: Video;
  startAt: number;
  /** The player that runs, for the page around it. */
  player: RefObject<Player | undefined>;
  onTheater: (on: boolean) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const client = useQueryClient();
  const first = useRef({ video, startAt });
  const latest = useRef(video);
  const navigate = useNavigate();
  const page = useRef({ navigate, onTheater });
  page.current = { navigate, onTheater };
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
          storyboardUrl: shown.playback.storyboard_url ?? undefined,
          captions: shown.playback.captions,
          title: shown.title,
          live: isOn(shown),
          startAt: at,
          duration: shown.duration_seconds ?? undefined,
          rungs: shown.rungs,
          onTheater: (on) => page.current.onTheater(on),
          open: (href) => void page.current.navigate(href),
          share: shareOf(shown),
          suggestions: () => suggestionsFor(client, id),
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
  }, [id, client, broken, running]);

  useEffect(() => {
    latest.current = video;
    running.current?.update(newsOf(video));
  }, [video, running]);

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

/** Whether it is broadcast now. */
export function isOn(video: Pick<Video, "state">): boolean {
  return video.state === "live" || video.state === "interrupted";
}

function newsOf({ playback, duration_seconds, rungs }: Video): PlayerNews {
  return {
    url: playback.hls_url,
    duration: duration_seconds ?? undefined,
    rungs,
    storyboardUrl: playback.storyboard_url ?? undefined,
    captions: playback.captions,
  };
}

/** What else there is to watch: the newest public videos. */
async function suggestionsFor(client: QueryClient, id: string): Promise<Suggestion[]> {
  const found = await client.fetchInfiniteQuery(recentVideosQuery);
  const others = found.pages.flatMap((page) => page.items).filter((video) => video.id !== id && video.playable);
  return others.slice(0, 3).map((video) => ({
    title: video.title,
    href: `/w/${video.id}`,
    posterUrl: video.playback.poster_url ?? undefined,
    duration: video.duration_seconds ?? undefined,
  }));
}
