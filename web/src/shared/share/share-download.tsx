import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Video } from "@/api/types";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { CheckField } from "@/shared/ui/check-field";
import { Notice } from "@/shared/ui/feedback";
import { applyToCache, changeVideo } from "@/shared/video/queries";

/** Whether others may take the video away as a file; a change is saved at once. */
export function ShareDownload({ video }: { video: Video }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (allow_download: boolean) => changeVideo(video.id, { allow_download }),
    onSuccess: (changed) => applyToCache(client, { type: "video", video: changed }),
  });
  const allowed = save.isPending ? save.variables : video.allow_download !== false;
  return (
    <div className="grid gap-3">
      <CheckField
        label={t("share.allowDownload")}
        hint={t(allowed ? "share.allowDownloadHint" : "share.keepHint")}
        checked={allowed}
        disabled={save.isPending}
        onChange={(allow) => save.mutate(allow)}
      />
      {save.error && <Notice tone="bad">{explain(save.error)}</Notice>}
    </div>
  );
}
