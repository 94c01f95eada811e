import { CircleAlert, Radio } from "lucide-react";
import { useEffect } from "react";
import type { Video } from "@/api/types";
import { formatPercent } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { ButtonLink } from "@/shared/ui/button";
import { ProgressBar } from "@/shared/ui/feedback";

/** Stands in the place of the player while there is nothing to play. */
export function StateCard({ video, mine }: { video: Video; mine: boolean }) {
  return (
    <div className="grid place-content-center p-6 text-center text-white">
      {video.state === "failed" ? (
        <FailedCard video={video} mine={mine} />
      ) : video.origin === "live" ? (
        <BroadcastCard video={video} mine={mine} />
      ) : (
        <WaitingCard video={video} />
      )}
    </div>
  );
}

/** Turns into the player by itself: the page is told when the first pictures are there. */
function BroadcastCard({ video, mine }: { video: Video; mine: boolean }) {
  // So that nobody waits for the player too when the first pictures are there.
  useEffect(() => {
    void import("@/player/view").catch(() => undefined);
  }, []);
  return (
    <div role="status" className="grid w-[min(26rem,80vw)] justify-items-center gap-3">
      <Radio size={34} aria-hidden="true" />
      <h2 className="text-xl font-semibold">{t("watch.waiting")}</h2>
      <p className="text-pretty text-white/80">{t("watch.waitingText")}</p>
      {mine && (
        <div className="mt-2">
          <ButtonLink to={`/live/new?v=${video.id}`}>{t("live.encoder")}</ButtonLink>
        </div>
      )}
    </div>
  );
}

function WaitingCard({ video }: { video: Video }) {
  const uploading = video.state === "uploading";
  const recording = uploading && video.origin === "recording";
  return (
    <div className="grid w-[min(26rem,80vw)] justify-items-center gap-3">
      <h2 className="text-xl font-semibold">
        {t(recording ? "watch.recording" : uploading ? "watch.uploading" : "watch.processing")}
      </h2>
      <p className="text-pretty text-white/80">
        {t(recording ? "watch.recordingText" : uploading ? "watch.uploadingText" : "watch.processingText")}
      </p>
      <div className="mt-2 grid w-full gap-2 [--accent:var(--player-accent)] [--sunken:rgb(255_255_255/0.2)]">
        <ProgressBar label={t("watch.progress")} value={video.progress > 0 ? video.progress : undefined} />
        {video.progress > 0 && <p className="text-sm tabular-nums">{formatPercent(video.progress)}</p>}
      </div>
    </div>
  );
}

function FailedCard({ video, mine }: { video: Video; mine: boolean }) {
  return (
    <div role="alert" className="grid max-w-md justify-items-center gap-3">
      <CircleAlert size={34} aria-hidden="true" />
      <h2 className="text-xl font-semibold">{t("watch.failed")}</h2>
      {/* The server's sentence says what its owner can do; nobody else can. */}
      <p className="text-pretty wrap-anywhere text-white/80">
        {mine ? (video.error?.message ?? t("watch.failedOwner")) : t("watch.failedViewer")}
      </p>
      {mine && (
        <div className="mt-2">
          <ButtonLink to="/my">{t("watch.manage")}</ButtonLink>
        </div>
      )}
    </div>
  );
}
