import { Share2 } from "lucide-react";
import { useState } from "react";
import type { Video } from "@/api/types";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { ShareDialog } from "./share-dialog";

/** Opens the ways to give a video to others; knows the time at which the page's player stands. */
export function ShareButton({ video, mine }: { video: Video; mine: boolean }) {
  const [at, setAt] = useState<number>();
  return (
    <>
      <Button size="small" aria-haspopup="dialog" onClick={() => setAt(playingAt())}>
        <Share2 size={16} aria-hidden="true" />
        {t("share.open")}
      </Button>
      {at !== undefined && <ShareDialog video={video} mine={mine} at={at} onClose={() => setAt(undefined)} />}
    </>
  );
}

function playingAt(): number {
  return Math.floor(document.querySelector("video")?.currentTime ?? 0);
}
