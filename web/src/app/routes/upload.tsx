import { useEffect } from "react";
import { addWaitingFiles } from "@/features/upload/add-files";
import { UploadPage } from "@/features/upload/upload-page";
import { t } from "@/shared/i18n/t";
import { useTitle } from "@/shared/ui/use-title";
import { RequireSession } from "../require-session";

export function Component() {
  useTitle(t("upload.title"));
  return (
    <RequireSession>
      <Ready />
    </RequireSession>
  );
}

function Ready() {
  useEffect(addWaitingFiles, []);
  return (
    <div className="page-width py-8">
      <div className="mx-auto max-w-4xl">
        <h1 className="mb-6 text-2xl font-semibold">{t("upload.title")}</h1>
        <UploadPage />
      </div>
    </div>
  );
}
