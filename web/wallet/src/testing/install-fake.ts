// Puts a fake broker into the page that `npm run dev` serves. `?new`, `?locked` and `?empty` choose a start.
import { mockSallyport } from "@sallyport/api/testing";

import { WalletFake } from "./wallet-fake";

const query = new URLSearchParams(location.search);
const fake = query.has("new") || query.has("empty") ? new WalletFake() : WalletFake.withMoney();
if (query.has("empty")) {
  fake.wallets = ["savings"];
  fake.selected = "savings";
  fake.info.backedUp = false;
}
fake.locked = query.has("locked");
fake.prompt = () => new Promise((resolve) => setTimeout(resolve, 2500));

const kept = sessionStorage.getItem("page-state");
const mock = mockSallyport(
  {
    ...fake.handlers(),
    cmd_save_state: ({ state }: { state: string }) => {
      sessionStorage.setItem("page-state", state);
      return null;
    },
  },
  kept === null ? {} : { pageState: JSON.parse(kept) as unknown },
);
Object.assign(globalThis, { walletFake: fake, sallyportMock: mock });
