import { lazy, Suspense, useState } from "react";
import { t } from "@/shared/i18n/t";
import { addFiles } from "./add-files";
import { FilePicker } from "./file-picker";
import { UnfinishedUploads } from "./unfinished-uploads";
import { UploadCard } from "./upload-card";
import { useUploads } from "./use-uploads";

const PreparePanel = lazy(() => import("./prepare-panel"));

export function UploadPage() {
  const items = useUploads();
  const [preparing, setPreparing] = useState<File>();
  const done = (file: File) => {
    setPreparing(undefined);
    addFiles([file]);
  };
  return (
    <div className="grid gap-8">
      {preparing === undefined ? (
        <FilePicker compact={items.length > 0} onPrepare={setPreparing} />
      ) : (
        <Suspense>
          <PreparePanel
            file={preparing}
            onReady={done}
            onAsItIs={() => done(preparing)}
            onClose={() => setPreparing(undefined)}
          />
        </Suspense>
      )}
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
