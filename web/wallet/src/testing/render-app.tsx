// Draws the whole page over a fake wallet, as main.tsx does over a real one.
import { loadState } from "@sallyport/api";
import { type MockSallyport, mockSallyport } from "@sallyport/api/testing";
import { act, render, screen } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { afterEach } from "vitest";

import { App } from "../app/app";
import { INITIAL_STATE, type PageState, readPageState } from "../app/page-state";
import { POLL_MS } from "../data/wallet";
import type { WalletFake } from "./wallet-fake";

let mock: MockSallyport | undefined;
afterEach(() => {
  mock?.restore();
  mock = undefined;
});

export interface Shown {
  mock: MockSallyport;
  user: UserEvent;
}

/** Shows the page; `pageState` is what an earlier page of this window saved. */
export async function showApp(fake: WalletFake, pageState?: unknown): Promise<Shown> {
  mock?.restore();
  mock = mockSallyport(fake.handlers(), pageState === undefined ? {} : { pageState });
  const saved = await loadState(readPageState);
  render(<App initial={saved ?? INITIAL_STATE} />);
  // The first answers, so that a test starts with what a user would see.
  await act(() => new Promise((resolve) => setTimeout(resolve, 0)));
  return { mock, user: userEvent.setup({ delay: null }) };
}

/** A page state that differs from a new window's in some members. */
export function stateWith(change: Partial<PageState>): PageState {
  return { ...INITIAL_STATE, ...change };
}

/** Polls so often that a test need not wait; until the test's end. */
export function pollFast(): void {
  for (const name of Object.keys(POLL_MS) as (keyof typeof POLL_MS)[]) POLL_MS[name] = 40;
}

/** Waits for an element. */
export const find = (testId: string) => screen.findByTestId(testId);

/** The element when it is there. */
export const query = (testId: string) => screen.queryByTestId(testId);
