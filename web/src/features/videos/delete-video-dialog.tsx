import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/problem";
import type { Video } from "@/api/types";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { ConfirmDialog } from "@/shared/ui/dialog";
import { Notice } from "@/shared/ui/feedback";
import { toast } from "@/shared/ui/toasts";
import { applyToCache, deleteVideo, recentVideosQuery } from "@/shared/video/queries";

export function DeleteVideoDialog({ video, onClose }: { video: Video; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: async () => {
      try {
        await deleteVideo(video.id);
      } catch (error) {
        // Deleted elsewhere meanwhile: what was asked for is done.
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      }
    },
    onSuccess: () => {
      applyToCache(client, { type: "deleted", id: video.id });
      void client.invalidateQueries({ queryKey: recentVideosQuery.queryKey });
      toast(t("my.deleted"));
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={t("my.deleteConfirm")}
      text={t("my.deleteText", { title: video.title })}
      confirm={remove.isPending ? t("my.deleting") : t("action.delete")}
      busy={remove.isPending}
      error={remove.error && <Notice tone="bad">{explain(remove.error)}</Notice>}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
