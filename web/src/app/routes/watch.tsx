import { useParams, useSearchParams } from "react-router";
import { Watch } from "@/features/watch/watch";
import { parseStart } from "@/shared/format";

export function Component() {
  const { id = "" } = useParams();
  const [search] = useSearchParams();
  return <Watch key={id} id={id} startAt={parseStart(search.get("t"))} />;
}
