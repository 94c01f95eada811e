import { useState } from "react";
import type { Video } from "@/api/types";
import { formatClock, parseClock } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Notice } from "@/shared/ui/feedback";
import { TextArea, TextField } from "@/shared/ui/field";
import { copyText } from "./clipboard";
import { embedCode, linkAt } from "./links";

/** A link, a link to a moment, and the code for another site. */
export function ShareDialog({ video, at, onClose }: { video: Video; at: number; onClose: () => void }) {
  const [timed, setTimed] = useState(false);
  const [time, setTime] = useState(formatClock(at));
  const seconds = parseClock(time);
  const start = timed ? (seconds ?? 0) : 0;
  const link = linkAt(video.id, start);
  const code = embedCode({ videoId: video.id, title: video.title, width: video.width, height: video.height, start });
  return (
    <Dialog title={t("share.title")} onClose={onClose}>
      <div className="grid gap-5">
        {video.visibility === "private" && <Notice tone="info">{t("share.private")}</Notice>}
        <div className="grid gap-2">
          <TextField label={t("share.link")} value={link} readOnly onFocus={(event) => event.target.select()} />
          <CopyButton text={link} label={t("action.copyLink")} done={t("action.copied")} />
        </div>
        <div className="grid gap-2">
          <label className="flex min-h-8 items-center gap-2.5">
            <input
              type="checkbox"
              checked={timed}
              onChange={(event) => setTimed(event.target.checked)}
              className="size-5 accent-accent"
            />
            {t("share.startAt")}
          </label>
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
        </div>
        {video.visibility !== "private" && (
          <div className="grid gap-2">
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
          </div>
        )}
      </div>
      <div className="mt-6 flex justify-end">
        <Button onClick={onClose}>{t("action.close")}</Button>
      </div>
    </Dialog>
  );
}

/** Says at its own place that it has copied: a message at the window's edge stands behind an open dialog. */
function CopyButton({ text, label, done }: { text: string; label: string; done: string }) {
  const [copied, setCopied] = useState<string>();
  const copy = async () => setCopied((await copyText(text)) ? text : undefined);
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button size="small" variant="primary" onClick={() => void copy()}>
        {label}
      </Button>
      <p role="status" className="text-sm text-good">
        {copied === text && done}
      </p>
    </div>
  );
}
