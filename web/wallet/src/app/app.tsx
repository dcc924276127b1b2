// The page as a whole: providers around, and inside the one view that fits the wallet's state.
import { MantineProvider } from "@mantine/core";
import { ready } from "@sallyport/api";
import { createQueryClient } from "@sallyport/api/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { Gate } from "./gate";
import type { PageState } from "./page-state";
import { PageStateProvider } from "./page-state-provider";
import { colorSchemeManager, cssVariables, theme } from "./theme";
import { usePageState } from "./use-page-state";

// The broker puts a fresh nonce into the document at each load, and into its content security policy.
const nonce = () =>
  document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

function Themed() {
  const { state, update } = usePageState();
  const [manager] = useState(() =>
    colorSchemeManager(state.theme, (chosen) => void update({ theme: chosen })),
  );
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={manager}
      defaultColorScheme="auto"
      getStyleNonce={nonce}
    >
      <Gate />
    </MantineProvider>
  );
}

export function App({ initial }: { initial: PageState }) {
  const [client] = useState(createQueryClient);
  useEffect(() => {
    // A page without a broker says so by its first command.
    ready().catch(() => undefined);
  }, []);
  return (
    <QueryClientProvider client={client}>
      <PageStateProvider initial={initial}>
        <Themed />
      </PageStateProvider>
    </QueryClientProvider>
  );
}
