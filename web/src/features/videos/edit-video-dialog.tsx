import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/problem";
import type { Video } from "@/api/types";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Notice } from "@/shared/ui/feedback";
import { TextArea, TextField } from "@/shared/ui/field";
import { submitByKeys } from "@/shared/ui/submit-keys";
import { toast } from "@/shared/ui/toasts";
import { applyToCache, changeVideo, recentVideosQuery } from "@/shared/video/queries";
import { VisibilityField } from "@/shared/video/visibility-field";

export function EditVideoDialog({ video, onClose }: { video: Video; onClose: () => void }) {
  const client = useQueryClient();
  const [title, setTitle] = useState(video.title);
  const [description, setDescription] = useState(video.description);
  const [visibility, setVisibility] = useState(video.visibility);
  const save = useMutation({
    mutationFn: () => changeVideo(video.id, { title: title.trim(), description, visibility }),
    onSuccess: (changed) => {
      applyToCache(client, { type: "video", video: changed });
      void client.invalidateQueries({ queryKey: recentVideosQuery.queryKey });
      toast(t("my.saved"));
      onClose();
    },
  });
  const fields = save.error instanceof ApiError ? save.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={t("my.editTitle")} onClose={onClose}>
      <form onSubmit={submit} onKeyDown={submitByKeys} className="grid gap-4">
        {save.error && Object.keys(fields).length === 0 && <Notice tone="bad">{explain(save.error)}</Notice>}
        <TextField
          label={t("video.title")}
          required
          disabled={save.isPending}
          error={fields.title}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
        <TextArea
          label={t("video.description")}
          rows={5}
          disabled={save.isPending}
          error={fields.description}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        <VisibilityField
          value={visibility}
          onChange={setVisibility}
          disabled={save.isPending}
          error={fields.visibility}
        />
        <div className="mt-2 flex flex-wrap justify-end gap-2">
          <Button onClick={onClose} disabled={save.isPending}>
            {t("action.cancel")}
          </Button>
          <Button type="submit" variant="primary" disabled={save.isPending}>
            {save.isPending ? t("action.saving") : t("action.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
