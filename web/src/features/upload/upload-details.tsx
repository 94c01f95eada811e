import { t } from "@/shared/i18n/t";
import { TextArea, TextField } from "@/shared/ui/field";
import { submitByKeys } from "@/shared/ui/submit-keys";
import { VisibilityField } from "@/shared/video/visibility-field";
import { uploader } from "@/uploads";
import type { SaveState, UploadItem } from "@/uploads/types";

/** Title, description and visibility, saved by themselves while the bytes go up. */
export function UploadDetails({ item }: { item: UploadItem }) {
  const fields = item.save.kind === "error" ? item.save.fields : {};
  return (
    <form
      className="grid content-start gap-4"
      onKeyDown={submitByKeys}
      onSubmit={(event) => {
        event.preventDefault();
        uploader.save(item.key);
      }}
    >
      <TextField
        label={t("video.title")}
        value={item.title}
        error={fields.title}
        onChange={(event) => uploader.edit(item.key, { title: event.target.value })}
      />
      <TextArea
        label={t("video.description")}
        placeholder={t("video.descriptionHint")}
        value={item.description}
        error={fields.description}
        onChange={(event) => uploader.edit(item.key, { description: event.target.value })}
      />
      <VisibilityField
        value={item.visibility}
        error={fields.visibility}
        onChange={(visibility) => uploader.edit(item.key, { visibility })}
      />
      <p role="status" className="min-h-6 text-sm text-ink-soft">
        {saveText(item.save)}
      </p>
    </form>
  );
}

function saveText(save: SaveState): string {
  switch (save.kind) {
    case "clean":
      return "";
    case "pending":
      return t("upload.savePending");
    case "saving":
      return t("upload.saveSaving");
    case "saved":
      return t("upload.saved");
    case "error":
      return t("upload.saveFailed", { reason: save.message === "" ? t("error.network") : save.message });
  }
}
