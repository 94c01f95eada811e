import { useState } from "react";
import type { Video } from "@/api/types";
import { formatClock, parseClock } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { CheckField } from "@/shared/ui/check-field";
import { Dialog } from "@/shared/ui/dialog";
import { Notice } from "@/shared/ui/feedback";
import { TextArea, TextField } from "@/shared/ui/field";
import { CopyButton } from "./copy-button";
import { embedCode, linkAt } from "./links";
import { QrToggle } from "./qr-code";
import { ShareDownload } from "./share-download";
import { ShareLinks } from "./share-links";
import { ShareVisibility } from "./share-visibility";

/** Every way to give a video to others: for viewers what they have, for its owner also who may see it and links of their own. */
export function ShareDialog({
  video,
  mine,
  at,
  onClose,
}: {
  video: Video;
  mine: boolean;
  at: number;
  onClose: () => void;
}) {
  const [timed, setTimed] = useState(false);
  const [time, setTime] = useState(formatClock(at));
  const seconds = parseClock(time);
  const start = timed ? (seconds ?? 0) : 0;
  const link = linkAt(video.id, start);
  const open = video.visibility !== "private";
  return (
    <Dialog title={t("share.title")} onClose={onClose}>
      <div className="grid gap-6">
        {mine && (
          <div className="grid gap-3">
            <ShareVisibility video={video} />
            <ShareDownload video={video} />
          </div>
        )}
        <section className="grid gap-3">
          <TextField
            label={t("share.link")}
            hint={mine && !open ? t("share.privateHint") : undefined}
            value={link}
            readOnly
            onFocus={(event) => event.target.select()}
          />
          <div className="flex flex-wrap items-start gap-3">
            <CopyButton text={link} label={t("action.copyLink")} done={t("action.copied")} />
          </div>
          <CheckField label={t("share.startAt")} checked={timed} onChange={setTimed} />
          {timed && (
            <div className="max-w-48">
              <TextField
                label={t("share.time")}
                value={time}
                error={seconds === undefined ? t("share.badTime") : undefined}
                onChange={(event) => setTime(event.target.value)}
              />
            </div>
          )}
          <QrToggle text={link} />
        </section>
        {mine && <ShareLinks video={video} />}
        {open ? (
          <EmbedSection video={video} start={start} />
        ) : (
          !mine && <Notice tone="info">{t("share.byLink")}</Notice>
        )}
      </div>
      <div className="mt-6 flex justify-end">
        <Button onClick={onClose}>{t("action.close")}</Button>
      </div>
    </Dialog>
  );
}

function EmbedSection({ video, start }: { video: Video; start: number }) {
  const code = embedCode({ videoId: video.id, title: video.title, width: video.width, height: video.height, start });
  return (
    <section className="grid gap-3">
      <TextArea
        label={t("share.embed")}
        hint={t("share.embedHint")}
        value={code}
        readOnly
        rows={4}
        className="font-mono text-sm break-all"
        onFocus={(event) => event.target.select()}
      />
      <CopyButton text={code} label={t("share.copyCode")} done={t("share.codeCopied")} />
    </section>
  );
}
