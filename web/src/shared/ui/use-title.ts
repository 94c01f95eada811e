import { useEffect } from "react";
import { t } from "@/shared/i18n/t";

/** Names the browser tab; screen readers read it when the page changes. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === t("app.name") ? title : `${title} · ${t("app.name")}`;
  }, [title]);
}
