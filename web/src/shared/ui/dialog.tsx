import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { t } from "@/shared/i18n/t";
import { Button } from "./button";

/** A modal dialogue on the browser's own element, which keeps the focus inside and gives it back. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // As a layout effect it is closed while it is still in the page: only then does the browser give the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className="m-auto w-[min(32rem,calc(100vw-2rem))] flex-col overflow-hidden rounded-2xl border border-line bg-raised text-ink shadow-lifted open:flex"
    >
      {/* The scroll bar of a long one stays within the round corners. */}
      <div className="min-h-0 overflow-y-auto p-6">
        <h2 id={titleId} className="mb-4 text-xl font-semibold">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be taken back. The safe answer has the focus. */
export function ConfirmDialog({
  title,
  text,
  confirm,
  cancel = t("action.cancel"),
  busy = false,
  error,
  onConfirm,
  onClose,
}: {
  title: string;
  text: string;
  confirm: string;
  cancel?: string;
  busy?: boolean;
  error?: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="wrap-anywhere text-ink-soft">{text}</p>
      {error && <div className="mt-4">{error}</div>}
      <div className="mt-6 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose} disabled={busy}>
          {cancel}
        </Button>
        <Button variant="danger" onClick={onConfirm} disabled={busy}>
          {confirm}
        </Button>
      </div>
    </Dialog>
  );
}
