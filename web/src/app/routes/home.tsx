import { RecentVideos } from "@/features/videos/recent-videos";
import { t } from "@/shared/i18n/t";
import { useTitle } from "@/shared/ui/use-title";

export function Component() {
  useTitle(t("app.name"));
  return (
    <div className="page-width py-8">
      <h1 className="mb-6 text-2xl font-semibold">{t("home.title")}</h1>
      <RecentVideos />
    </div>
  );
}
