import { t } from "@/shared/i18n/t";
import { FilePicker } from "./file-picker";
import { UnfinishedUploads } from "./unfinished-uploads";
import { UploadCard } from "./upload-card";
import { useUploads } from "./use-uploads";

export function UploadPage() {
  const items = useUploads();
  return (
    <div className="grid gap-8">
      <FilePicker compact={items.length > 0} />
      {items.length > 0 && (
        <section aria-label={t("upload.list")}>
          <h2 className="sr-only">{t("upload.list")}</h2>
          <ul className="grid gap-4">
            {items.map((item) => (
              <li key={item.key}>
                <UploadCard item={item} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <UnfinishedUploads />
    </div>
  );
}
