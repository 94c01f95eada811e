import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import { Link, useLocation } from "react-router";
import { request, session } from "@/api/client";
import type { Me } from "@/api/types";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { instanceQuery } from "@/shared/instance";
import { toast } from "@/shared/ui/toasts";
import { uploader } from "@/uploads";

const entry = "block w-full rounded-lg px-3 py-2 text-left text-[0.9375rem] font-medium hover:bg-sunken";

/** A disclosure with plain links: Tab walks through it, Escape closes it. */
export function AccountMenu({ me }: { me: Me }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { pathname } = useLocation();
  const id = useId();
  const instance = useQuery(instanceQuery);

  // biome-ignore lint/correctness/useExhaustiveDependencies: going to another page closes the menu.
  useEffect(() => setOpen(false), [pathname]);
  useEffect(() => {
    if (!open) return;
    const stop = new AbortController();
    const { signal } = stop;
    const outside = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    addEventListener("pointerdown", outside, { signal });
    addEventListener("focusin", outside, { signal });
    addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape") return;
        setOpen(false);
        button.current?.focus();
      },
      { signal },
    );
    return () => stop.abort();
  }, [open]);

  return (
    <div ref={root} className="relative ml-1">
      <button
        ref={button}
        type="button"
        aria-expanded={open}
        aria-controls={id}
        aria-label={t("nav.account", { name: me.username })}
        onClick={() => setOpen(!open)}
        className="grid size-9 place-content-center rounded-full bg-accent-soft font-bold text-accent uppercase hover:outline-2 hover:outline-accent"
      >
        {[...me.username][0]}
      </button>
      <div
        id={id}
        hidden={!open}
        className="absolute right-0 mt-2 w-60 rounded-2xl border border-line bg-raised p-2 shadow-lifted"
      >
        <div className="border-b border-line px-3 pt-1.5 pb-3">
          <p className="truncate font-semibold">{me.username}</p>
          <p className="truncate text-sm text-ink-soft">{me.email}</p>
        </div>
        <div className="grid pt-2">
          <Link to="/my" className={entry}>
            {t("nav.myVideos")}
          </Link>
          <Link to="/upload" className={entry}>
            {t("nav.upload")}
          </Link>
          {instance.data?.live && (
            <Link to="/live/new" className={entry}>
              {t("nav.goLive")}
            </Link>
          )}
          <Link to="/record" className={entry}>
            {t("nav.record")}
          </Link>
          <Link to="/settings/sessions" className={entry}>
            {t("sessions.title")}
          </Link>
          <SignOut />
        </div>
      </div>
    </div>
  );
}

function SignOut() {
  const signOut = async () => {
    try {
      await request<void>("POST", "/api/auth/logout");
    } catch (error) {
      // Only the server can end the session: saying "signed out" while the cookie lives would be a lie.
      if (session.status === "signed_in") {
        toast(explain(error));
        return;
      }
    }
    // A fresh start instead of a change of state: nothing of the person stays in this tab's memory.
    uploader.clear();
    session.forget();
    location.assign("/");
  };
  return (
    <button type="button" className={entry} onClick={() => void signOut()}>
      {t("nav.signOut")}
    </button>
  );
}
