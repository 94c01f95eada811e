import { useQueryClient } from "@tanstack/react-query";
import { Suspense, useCallback, useEffect, useRef } from "react";
import { Outlet, ScrollRestoration, useLocation, useNavigate } from "react-router";
import { session } from "@/api/client";
import { uploadsSocket } from "@/api/uploads-socket";
import { LeftoverBanner } from "@/features/record/leftover-banner";
import { DropAnywhere } from "@/features/upload/drop-anywhere";
import { t } from "@/shared/i18n/t";
import { Toasts } from "@/shared/ui/toasts";
import { applyToCache } from "@/shared/video/queries";
import { Header } from "./header";
import { SetupNote } from "./setup-note";

/** What every page has around it. */
export function Shell() {
  const navigate = useNavigate();
  const client = useQueryClient();
  useEffect(() => {
    void session.settled();
    return uploadsSocket.subscribe((message) => applyToCache(client, message));
  }, [client]);
  const onDropped = useCallback(() => void navigate("/upload"), [navigate]);
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="sr-only z-50 rounded-lg bg-ink px-4 py-2 font-semibold text-ink-inverse focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
      >
        {t("app.skip")}
      </a>
      <Header />
      <SetupNote />
      <LeftoverBanner />
      <Main />
      <DropAnywhere onDropped={onDropped} />
      <Toasts />
      <ScrollRestoration />
    </div>
  );
}

/** Takes the focus when the page changes, so that a keyboard or a screen reader starts at the new page's top. */
function Main() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <main ref={main} id="main" tabIndex={-1} className="flex-1 outline-none">
      <Suspense>
        <Outlet />
      </Suspense>
    </main>
  );
}
