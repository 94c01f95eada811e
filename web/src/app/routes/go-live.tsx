import { GoLive } from "@/features/live/go-live";
import { t } from "@/shared/i18n/t";
import { useTitle } from "@/shared/ui/use-title";
import { RequireSession } from "../require-session";

export function Component() {
  useTitle(t("live.new"));
  return (
    <RequireSession>
      <div className="page-width py-8">
        <div className="mx-auto max-w-6xl">
          <h1 className="mb-6 text-2xl font-semibold">{t("live.new")}</h1>
          <GoLive />
        </div>
      </div>
    </RequireSession>
  );
}
