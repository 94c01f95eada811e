import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { UnfinishedUpload } from "@/api/types";
import { explain } from "@/shared/explain";
import { formatBytes, formatDate } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { ConfirmDialog } from "@/shared/ui/dialog";
import { Notice, ProgressBar } from "@/shared/ui/feedback";
import { toast } from "@/shared/ui/toasts";
import { deleteVideo } from "@/shared/video/queries";
import { addFiles } from "./add-files";
import { unfinishedQuery } from "./unfinished-query";
import { useElsewhere, useUploads } from "./use-uploads";

/** Uploads that a closed tab or a crash interrupted, other than those that go on in this tab. */
export function UnfinishedUploads() {
  const client = useQueryClient();
  const query = useQuery(unfinishedQuery);
  const items = useUploads();
  const here = new Set(items.map((item) => item.videoId));
  const elsewhere = useElsewhere();
  // What left the list here or in another tab was cancelled or is done: the server's list has to say which.
  const listed = items.length + elsewhere.size;
  const before = useRef(listed);
  useEffect(() => {
    if (listed < before.current) void client.invalidateQueries({ queryKey: unfinishedQuery.queryKey });
    before.current = listed;
  }, [listed, client]);
  // What has no size is a recording: there is no file to choose again, and its own page goes on with it.
  const uploads = (query.data ?? []).filter(
    (upload) => typeof upload.size === "number" && !here.has(upload.id) && !elsewhere.has(upload.id),
  );
  if (uploads.length === 0) return null;
  return (
    <section aria-labelledby="unfinished-heading" className="grid gap-3">
      <h2 id="unfinished-heading" className="text-lg font-semibold">
        {t("upload.unfinished")}
      </h2>
      <p className="text-ink-soft">{t("upload.unfinishedText")}</p>
      <ul className="divide-y divide-line rounded-2xl border border-line bg-surface">
        {uploads.map((upload) => (
          <li key={upload.id} className="p-4 sm:px-6">
            <Unfinished upload={upload} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Unfinished({ upload }: { upload: UnfinishedUpload }) {
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [asking, setAsking] = useState(false);
  const discard = useMutation({
    mutationFn: () => deleteVideo(upload.id),
    onSuccess: () => {
      setAsking(false);
      return client.invalidateQueries({ queryKey: unfinishedQuery.queryKey });
    },
  });
  const total = upload.size ?? 0;
  const choose = (files: FileList | null) => {
    const file = files?.[0];
    if (!file) return;
    if (file.size !== total) toast(t("upload.wrongFile", { name: upload.file_name }));
    addFiles([file]);
  };
  return (
    <article aria-label={upload.title} className="grid gap-3 sm:grid-cols-[1fr_auto] sm:items-center">
      <div className="min-w-0">
        <h3 className="truncate font-semibold">{upload.title}</h3>
        <p className="truncate text-sm text-ink-soft">
          {upload.file_name} ·{" "}
          {t("upload.unfinishedProgress", { sent: formatBytes(upload.received_bytes), total: formatBytes(total) })}
        </p>
        {upload.expires_at && (
          <p className="text-sm text-ink-soft">{t("upload.expires", { date: formatDate(upload.expires_at) })}</p>
        )}
        <div className="mt-2 max-w-md">
          <ProgressBar
            label={t("upload.progress", { name: upload.title })}
            value={total > 0 ? upload.received_bytes / total : 0}
          />
        </div>
      </div>
      <div className="flex flex-wrap gap-2">
        <input
          ref={input}
          type="file"
          hidden
          onChange={(event) => {
            choose(event.target.files);
            event.target.value = "";
          }}
        />
        <Button size="small" onClick={() => input.current?.click()}>
          {t("upload.chooseAgain")}
        </Button>
        <Button size="small" variant="quiet" onClick={() => setAsking(true)}>
          {t("upload.discard")}
        </Button>
      </div>
      {asking && (
        <ConfirmDialog
          title={t("upload.discardConfirm")}
          text={t("upload.discardText", { title: upload.title })}
          confirm={t("upload.discard")}
          cancel={t("upload.keep")}
          busy={discard.isPending}
          error={discard.error && <Notice tone="bad">{explain(discard.error)}</Notice>}
          onConfirm={() => discard.mutate()}
          onClose={() => setAsking(false)}
        />
      )}
    </article>
  );
}
