// Every payment of the wallet, newest first, page by page, with a search.
import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";

import { usePageState } from "../app/use-page-state";
import { PAGE_SIZE, useHistory } from "../data/wallet";
import { ErrorNotice } from "../parts/error-notice";
import { Pager } from "../parts/pager";
import { Screen, Section } from "../parts/screen";
import { TxTable } from "../parts/tx-table";
import classes from "./overview.module.css";

const SEARCH_DELAY_MS = 250;

export function HistoryScreen() {
  const { state, update } = usePageState();
  const { page, filter } = state.history;
  const [search] = useDebouncedValue(filter.trim(), SEARCH_DELAY_MS);
  const { data, error } = useHistory(page, search);
  return (
    <Screen title="History">
      <TextInput
        aria-label="Search payments"
        placeholder="Search by label, address or transaction"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={filter}
        maxLength={100}
        data-testid="history-filter"
        onChange={(event) =>
          void update({ history: { page: 1, filter: event.currentTarget.value } })
        }
      />
      <ErrorNotice error={error} />
      {data !== undefined && (
        <Section>
          {data.length === 0 ? (
            <p className={classes.empty} data-testid="history-empty">
              {search !== ""
                ? "No payment matches."
                : page > 1
                  ? "No more payments."
                  : "No payments yet."}
            </p>
          ) : (
            <TxTable txs={data} unit={state.unit} caption="Payments, newest first" />
          )}
          {(page > 1 || data.length === PAGE_SIZE) && (
            <Pager
              page={page}
              more={data.length === PAGE_SIZE}
              name="history"
              onPage={(next) => void update({ history: { page: next, filter } })}
            />
          )}
        </Section>
      )}
    </Screen>
  );
}
