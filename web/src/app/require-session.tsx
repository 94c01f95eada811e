import type { ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import { t } from "@/shared/i18n/t";
import { Skeleton } from "@/shared/ui/feedback";
import { useSessionStatus } from "@/shared/use-session";

/** Shows a page to people who are signed in, and the sign-in page to others; it brings them back. */
export function RequireSession({ children }: { children: ReactNode }) {
  const status = useSessionStatus();
  const { pathname, search } = useLocation();
  if (status === "signed_in") return children;
  if (status === "signed_out") return <Navigate replace to={`/login?next=${encodeURIComponent(pathname + search)}`} />;
  return (
    <div className="page-width py-8" aria-busy="true">
      <p className="sr-only">{t("app.loading")}</p>
      <Skeleton className="h-9 w-56" />
      <Skeleton className="mt-6 h-64 rounded-2xl" />
    </div>
  );
}
