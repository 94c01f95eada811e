import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Video, Visibility } from "@/api/types";
import { explain } from "@/shared/explain";
import { Notice } from "@/shared/ui/feedback";
import { applyToCache, changeVideo, recentVideosQuery } from "@/shared/video/queries";
import { VisibilityField } from "@/shared/video/visibility-field";

/** Who may see the video; a change is saved at once. */
export function ShareVisibility({ video }: { video: Video }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (visibility: Visibility) => changeVideo(video.id, { visibility }),
    onSuccess: (changed) => {
      applyToCache(client, { type: "video", video: changed });
      void client.invalidateQueries({ queryKey: recentVideosQuery.queryKey });
    },
  });
  return (
    <div className="grid gap-3">
      <VisibilityField
        value={save.isPending ? save.variables : video.visibility}
        disabled={save.isPending}
        onChange={(visibility) => save.mutate(visibility)}
      />
      {save.error && <Notice tone="bad">{explain(save.error)}</Notice>}
    </div>
  );
}
