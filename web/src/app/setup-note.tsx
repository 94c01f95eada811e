import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "react-router";
import { t } from "@/shared/i18n/t";
import { instanceQuery } from "@/shared/instance";

/** Greets the owner of a new server. */
export function SetupNote() {
  const { pathname } = useLocation();
  const instance = useQuery(instanceQuery);
  if (instance.data === undefined || instance.data.setup === "done" || pathname === "/register") return null;
  return (
    <aside className="border-b border-line bg-accent-soft">
      <p className="page-width py-2.5 text-center text-[0.9375rem]">
        {t("app.setup")}{" "}
        <Link to="/register" className="rounded font-semibold text-accent underline underline-offset-3">
          {t("app.setupAction")}
        </Link>
      </p>
    </aside>
  );
}
