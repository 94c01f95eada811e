import { Sessions } from "@/features/account/sessions/sessions";
import { t } from "@/shared/i18n/t";
import { useTitle } from "@/shared/ui/use-title";
import { RequireSession } from "../require-session";

export function Component() {
  useTitle(t("sessions.title"));
  return (
    <div className="page-width py-8">
      <RequireSession>
        <div className="max-w-3xl">
          <h1 className="text-2xl font-semibold">{t("sessions.title")}</h1>
          <p className="mt-2 mb-6 text-pretty text-ink-soft">{t("sessions.text")}</p>
          <Sessions />
        </div>
      </RequireSession>
    </div>
  );
}
