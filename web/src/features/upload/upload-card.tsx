import { Pause, Play, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { Button, ButtonLink } from "@/shared/ui/button";
import { CopyLinkButton } from "@/shared/ui/copy-link";
import { ConfirmDialog } from "@/shared/ui/dialog";
import { toast } from "@/shared/ui/toasts";
import { uploader } from "@/uploads";
import type { UploadItem } from "@/uploads/types";
import { isPausable } from "@/uploads/uploader";
import { LocalPreview } from "./local-preview";
import { ShrinkOffer } from "./shrink-offer";
import { UploadDetails } from "./upload-details";
import { UploadProgress } from "./upload-progress";

const PreparePanel = lazy(() => import("./prepare-panel"));

/** One file: preview, progress, details, link. */
export function UploadCard({ item }: { item: UploadItem }) {
  const [asking, setAsking] = useState(false);
  // Nothing that one types here would make this file a video.
  const hopeless = item.phase === "failed" && !item.problem?.retryable;
  const over = item.phase === "ready" || item.phase === "processing" || hopeless;
  const nothingSent = item.videoId === undefined;
  const cancel = () => {
    setAsking(false);
    uploader.cancel(item.key).catch((error: unknown) => toast(explain(error)));
  };
  return (
    <article aria-label={item.fileName} className="rounded-2xl border border-line bg-surface p-4 sm:p-6">
      <header className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="truncate text-lg font-semibold">{item.title}</h3>
          <p className="truncate text-sm text-ink-soft">
            {item.fileName}
            {item.resumed && ` · ${t("upload.resumed")}`}
          </p>
        </div>
        <div className="-mt-1 -mr-1 flex shrink-0">
          <PauseButton item={item} />
          <Button
            variant="quiet"
            size="icon"
            aria-label={over ? t("upload.dismiss") : t("upload.cancel")}
            title={over ? t("upload.dismiss") : t("upload.cancel")}
            onClick={() => (over || nothingSent ? uploader.dismiss(item.key) : setAsking(true))}
          >
            <X size={20} aria-hidden="true" />
          </Button>
        </div>
      </header>
      <div className="mt-4">
        <UploadProgress item={item} />
      </div>
      <ShrinkInstead item={item} />
      {!hopeless && (
        <div className="mt-5 grid gap-6 md:grid-cols-[18rem_1fr]">
          <div className="grid content-start gap-3">
            <LocalPreview item={item} />
            {item.videoId !== undefined && (
              <div className="flex flex-wrap gap-2">
                {item.video?.playable && (
                  <ButtonLink to={`/w/${item.videoId}`} size="small" variant="primary">
                    {t("action.watch")}
                  </ButtonLink>
                )}
                <CopyLinkButton videoId={item.videoId} />
              </div>
            )}
          </div>
          <UploadDetails item={item} />
        </div>
      )}
      {asking && (
        <ConfirmDialog
          title={t("upload.cancelConfirm")}
          text={t("upload.cancelText", { title: item.title })}
          confirm={t("upload.cancel")}
          cancel={t("upload.keepUploading")}
          onConfirm={cancel}
          onClose={() => setAsking(false)}
        />
      )}
    </article>
  );
}

/** What makes a long upload shorter: an offer, and the panel that it leads to. The bytes wait meanwhile. */
function ShrinkInstead({ item }: { item: UploadItem }) {
  const [side, setSide] = useState<number>();
  const file = uploader.file(item.key);
  const goOn = () => {
    setSide(undefined);
    uploader.resume(item.key);
  };
  if (side === undefined || file === undefined) {
    const take = (wanted: number) => {
      uploader.pause(item.key);
      setSide(wanted);
    };
    return <ShrinkOffer item={item} onTake={take} />;
  }
  return (
    <div className="mt-4">
      <Suspense>
        <PreparePanel
          file={file}
          height={side}
          onReady={(smaller) => {
            uploader.replace(item.key, smaller).catch((error: unknown) => toast(explain(error)));
          }}
          onAsItIs={goOn}
          onClose={goOn}
        />
      </Suspense>
    </div>
  );
}

/** Stops the bytes of one upload and lets them go on; one button, so that the focus stays on it. */
function PauseButton({ item }: { item: UploadItem }) {
  const paused = item.phase === "paused";
  if (!paused && !isPausable(item)) return null;
  const label = t(paused ? "upload.resume" : "upload.pause");
  const Icon = paused ? Play : Pause;
  return (
    <Button
      variant="quiet"
      size="icon"
      aria-label={label}
      title={label}
      onClick={() => (paused ? uploader.resume(item.key) : uploader.pause(item.key))}
    >
      <Icon size={20} aria-hidden="true" />
    </Button>
  );
}
