import { MyVideos } from "@/features/videos/my-videos";
import { t } from "@/shared/i18n/t";
import { useTitle } from "@/shared/ui/use-title";
import { RequireSession } from "../require-session";

export function Component() {
  useTitle(t("my.title"));
  return (
    <div className="page-width py-8">
      <RequireSession>
        <h1 className="mb-6 text-2xl font-semibold">{t("my.title")}</h1>
        <MyVideos />
      </RequireSession>
    </div>
  );
}
