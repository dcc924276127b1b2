// Sending: fill in, review the draft, confirm in the trusted prompt, done.
import { useSendState } from "../../app/use-page-state";
import type { WalletInfo } from "../../generated/commands";
import { Screen } from "../../parts/screen";
import { SendForm } from "./send-form";
import { SendInterrupted } from "./send-interrupted";
import { SendReview } from "./send-review";
import { SendDone } from "./send-done";

export function SendScreen({ info }: { info: WalletInfo }) {
  const { phase } = useSendState();
  switch (phase.at) {
    case "form":
      return (
        <Screen title="Send">
          <SendForm info={info} />
        </Screen>
      );
    case "review":
    case "committing":
      return (
        <Screen title="Review the payment">
          <SendReview draft={phase.draft} committing={phase.at === "committing"} />
        </Screen>
      );
    case "interrupted":
      return (
        <Screen title="Outcome unknown">
          <SendInterrupted draft={phase.draft} />
        </Screen>
      );
    case "sent":
      return (
        <Screen title="Payment sent">
          <SendDone draft={phase.draft} txid={phase.txid} />
        </Screen>
      );
  }
}
