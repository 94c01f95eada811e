import { useParams, useSearchParams } from "react-router";
import { Watch } from "@/features/watch/watch";
import { parseStart } from "@/shared/format";

export function Component() {
  const { id = "" } = useParams();
  const [search] = useSearchParams();
  return (
    <div className="page-width pb-16 sm:pt-6">
      <Watch key={id} id={id} startAt={parseStart(search.get("t"))} />
    </div>
  );
}
