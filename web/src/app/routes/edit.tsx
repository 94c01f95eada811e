import { useParams } from "react-router";
import { EditPage } from "@/features/edit/edit-page";
import { RequireSession } from "../require-session";

export function Component() {
  const { id = "" } = useParams();
  return (
    <div className="page-width py-8">
      <div className="mx-auto max-w-6xl">
        <RequireSession>
          <EditPage key={id} id={id} />
        </RequireSession>
      </div>
    </div>
  );
}
