import { useEffect, useState } from "react";
import type { Job, Prepared, Refusal } from "@/prepare/prepare";
import { formatClock, formatPercent } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { Notice, ProgressBar } from "@/shared/ui/feedback";
import { toast } from "@/shared/ui/toasts";
import { PrepareForm } from "./prepare-form";
import { usePreparation } from "./use-preparation";

/** Makes a file shorter or smaller in this browser, before any of it is sent. Loaded when somebody wants it. */
export default function PreparePanel({
  file,
  height,
  onReady,
  onAsItIs,
  onClose,
}: {
  file: File;
  /** The size that was offered, in lines. */
  height?: number;
  onReady: (file: File) => void;
  onAsItIs: () => void;
  onClose: () => void;
}) {
  const { preparer, facts, refusal } = usePreparation(file);
  const [working, setWorking] = useState<{ abort: AbortController; share: number }>();
  const [failed, setFailed] = useState<Refusal>();
  useEffect(() => () => working?.abort.abort(), [working?.abort]);
  const start = async (job: Job) => {
    const abort = new AbortController();
    setFailed(undefined);
    setWorking({ abort, share: 0 });
    try {
      const prepared = await preparer.run(file, job, (share) => setWorking({ abort, share }), abort.signal);
      tell(prepared, job);
      onReady(prepared.file);
    } catch (error) {
      if (!abort.signal.aborted) setFailed(refusalOf(error));
    }
    setWorking(undefined);
  };
  const problem = failed ?? refusal;
  return (
    <section aria-label={t("prepare.title")} className="rounded-2xl border border-line bg-surface p-4 sm:p-6">
      <h2 className="text-lg font-semibold">{t("prepare.title")}</h2>
      <p className="mt-1 truncate text-sm text-ink-soft">{file.name}</p>
      <div className="mt-4 grid gap-4">
        {problem && <Notice tone="bad">{t(`prepare.refused.${problem}`)}</Notice>}
        {facts === undefined && refusal === undefined && <ProgressBar label={t("upload.preparing")} />}
        {facts && (
          <PrepareForm
            file={file}
            facts={facts}
            preparer={preparer}
            offered={height}
            disabled={working !== undefined}
            onStart={(job) => void start(job)}
          >
            <Button onClick={onAsItIs} disabled={working !== undefined}>
              {t("prepare.asItIs")}
            </Button>
            <Button variant="quiet" onClick={onClose} disabled={working !== undefined}>
              {t("action.cancel")}
            </Button>
          </PrepareForm>
        )}
        {working && (
          <div className="grid gap-2" role="status">
            <p className="text-sm text-ink-soft tabular-nums">
              {t("prepare.working", { percent: formatPercent(working.share) })}
            </p>
            <ProgressBar label={t("prepare.progress")} value={working.share} />
            <div>
              <Button size="small" onClick={() => working.abort.abort()}>
                {t("prepare.stop")}
              </Button>
            </div>
          </div>
        )}
        {refusal && (
          <div className="flex flex-wrap gap-2">
            <Button variant="primary" onClick={onAsItIs}>
              {t("prepare.asItIs")}
            </Button>
            <Button onClick={onClose}>{t("action.cancel")}</Button>
          </div>
        )}
      </div>
    </section>
  );
}

/** A copy begins at a keyframe, so it may begin a little later than was asked. */
function tell({ start }: Prepared, { range }: Job): void {
  if (range && start - range.start > 0.1) toast(t("prepare.beginsAt", { time: formatClock(start) }));
}

function refusalOf(error: unknown): Refusal {
  return error instanceof Error && "refusal" in error ? (error.refusal as Refusal) : "failed";
}
