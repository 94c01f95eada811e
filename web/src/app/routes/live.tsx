import { LiveList } from "@/features/live/live-list";
import { t } from "@/shared/i18n/t";
import { useTitle } from "@/shared/ui/use-title";

export function Component() {
  useTitle(t("live.title"));
  return (
    <div className="page-width py-8">
      <h1 className="mb-6 text-2xl font-semibold">{t("live.title")}</h1>
      <LiveList />
    </div>
  );
}
