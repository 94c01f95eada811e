import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "react-router";
import { leftovers } from "@/recorder/leftovers";
import { t } from "@/shared/i18n/t";
import { meQuery } from "@/shared/me";
import { useSessionStatus } from "@/shared/use-session";

/** On every page: a recording that a crash interrupted waits to be finished. */
export function LeftoverBanner() {
  const { pathname } = useLocation();
  const signedIn = useSessionStatus() === "signed_in";
  const me = useQuery({ ...meQuery, enabled: signedIn });
  const account = me.data?.id;
  const found = useQuery({
    // Looked at again with every page: it may have been finished meanwhile.
    queryKey: ["leftovers", account, pathname],
    queryFn: () => leftovers(account ?? ""),
    enabled: signedIn && account !== undefined,
    staleTime: 0,
  });
  const take = found.data?.[0];
  if (take === undefined || !signedIn || pathname === "/record") return null;
  return (
    <aside className="border-b border-line bg-accent-soft">
      <p className="page-width py-2.5 text-center text-[0.9375rem] wrap-anywhere">
        {t("record.banner", { title: take.title })}{" "}
        <Link to="/record" className="rounded font-semibold text-accent underline underline-offset-3">
          {t("record.bannerAction")}
        </Link>
      </p>
    </aside>
  );
}
