import { CircleCheck } from "lucide-react";
import { formatBytes, formatPercent, formatSpan } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { Notice, ProgressBar } from "@/shared/ui/feedback";
import { uploader } from "@/uploads";
import type { UploadItem } from "@/uploads/types";

/** What one upload is doing, in a line and a bar. */
export function UploadProgress({ item }: { item: UploadItem }) {
  switch (item.phase) {
    case "preparing":
      return <Step text={t("upload.preparing")} label={t("upload.progress", { name: item.title })} />;
    case "queued":
      return <Step text={t("upload.queued")} label={t("upload.progress", { name: item.title })} value={sent(item)} />;
    case "uploading":
      return <Step text={sending(item)} label={t("upload.progress", { name: item.title })} value={sent(item)} />;
    case "offline":
      return <Step text={t("upload.offline")} label={t("upload.progress", { name: item.title })} value={sent(item)} />;
    case "paused":
      return (
        <Step
          text={`${t("upload.paused")} · ${amount(item)}`}
          label={t("upload.progress", { name: item.title })}
          value={sent(item)}
        />
      );
    case "finishing":
      return <Step text={t("upload.finishing")} label={t("upload.progress", { name: item.title })} value={1} />;
    case "processing":
      return <Processing item={item} />;
    case "ready":
      return (
        <p className="flex items-center gap-2 font-semibold text-good">
          <CircleCheck size={18} aria-hidden="true" />
          {t("upload.ready")}
        </p>
      );
    case "failed":
      return <Failed item={item} />;
  }
}

function sent(item: UploadItem): number {
  return item.size === 0 ? 0 : item.sentBytes / item.size;
}

function sending(item: UploadItem): string {
  const words = [`${t("upload.uploading")} ${formatPercent(sent(item))}`, amount(item)];
  if (item.video?.playable) words.push(t("upload.playableAlready"));
  if (item.bytesPerSecond === 0) words.push(t("upload.stalled"));
  else if (item.bytesPerSecond !== undefined)
    words.push(t("upload.speed", { speed: formatBytes(item.bytesPerSecond) }));
  if (item.secondsLeft !== undefined) words.push(t("upload.timeLeft", { time: formatSpan(item.secondsLeft) }));
  return words.join(" · ");
}

function amount(item: UploadItem): string {
  return t("upload.sent", { sent: formatBytes(item.sentBytes), total: formatBytes(item.size) });
}

function Step({ text, label, value }: { text: string; label: string; value?: number }) {
  return (
    <div className="grid gap-2">
      <p className="text-sm text-ink-soft tabular-nums">{text}</p>
      <ProgressBar label={label} value={value} />
    </div>
  );
}

function Processing({ item }: { item: UploadItem }) {
  const progress = item.video?.progress;
  const percent = formatPercent(progress ?? 0);
  const text = item.video?.playable
    ? t("upload.playable", { percent })
    : progress
      ? t("upload.processingPercent", { percent })
      : t("upload.processing");
  return <Step text={text} label={t("upload.encodeProgress", { name: item.title })} value={progress || undefined} />;
}

function Failed({ item }: { item: UploadItem }) {
  const { problem } = item;
  if (problem === undefined) return null;
  return (
    <div className="grid justify-items-start gap-3">
      <Notice tone="bad">
        <p>{t(`upload.problem.${problem.code}`)}</p>
        {problem.detail && <p className="mt-1 text-sm">{problem.detail}</p>}
      </Notice>
      {problem.retryable && (
        <Button size="small" onClick={() => uploader.retry(item.key)}>
          {t("action.tryAgain")}
        </Button>
      )}
    </div>
  );
}
