import { useSyncExternalStore } from "react";
import { RecordPage } from "@/features/record/record-page";
import { presence } from "@/recorder/presence";
import { t } from "@/shared/i18n/t";
import { useTitle } from "@/shared/ui/use-title";
import { useSessionStatus } from "@/shared/use-session";
import { RequireSession } from "../require-session";

export function Component() {
  useTitle(t("record.title"));
  // Whoever is signed out in the middle of a take must not lose sight of it.
  const running = useSyncExternalStore(presence.subscribe, presence.snapshot) !== undefined;
  const signedIn = useSessionStatus() === "signed_in";
  return (
    <div className="page-width py-8">
      <div className="mx-auto max-w-6xl">
        <h1 className="mb-6 text-2xl font-semibold">{t("record.title")}</h1>
        {running || signedIn ? <RecordPage /> : <RequireSession>{null}</RequireSession>}
      </div>
    </div>
  );
}
