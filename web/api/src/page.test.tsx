// A page as an app writes it, over a mocked broker, as an app tests it. The client is written as the generated one.
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, useState } from "react";
import { afterEach, describe, expect, it } from "vitest";

import { type CallOptions, type ChannelOptions, invoke, listen, type ListenOptions } from "./index";
import { openChannel, ready } from "./index";
import { createQueryClient, useChannel, useCommand, useEvent } from "./react";
import { mockSallyport, type MockSallyport } from "./testing";

interface Note {
  id: number;
  text: string;
}
interface Commands {
  cmd_list_notes: { args: Record<string, never>; answer: Note[] };
  cmd_find_notes: { args: { text: string }; answer: Iterable<Note> | AsyncIterable<Note> };
}
interface Events {
  evt_notes_changed: { count: number };
  evt_welcome: string;
}

const listNotes = (args: Record<string, never>, options?: CallOptions) =>
  invoke<Note[]>("cmd_list_notes", args, options);
const findNotes = (args: { text: string }, options?: ChannelOptions) =>
  openChannel<Note>("cmd_find_notes", args, options);
const onNotesChanged = (handler: (event: { count: number }) => void, options?: ListenOptions) =>
  listen("evt_notes_changed", handler, options);
const onWelcome = (handler: (event: string) => void, options?: ListenOptions) =>
  listen("evt_welcome", handler, options);

const CHANGED = [onNotesChanged];

function Page({ search }: { search: string }) {
  const notes = useCommand("cmd_list_notes", listNotes, {}, { invalidatedBy: CHANGED });
  const found = useChannel(findNotes, { text: search });
  const [welcome, setWelcome] = useState("");
  useEvent(onWelcome, setWelcome);
  return (
    <>
      <p data-testid="notes">{notes.data?.map(({ text }) => text).join(" ")}</p>
      <p data-testid="found">{found.items.map(({ text }) => text).join(" ")}</p>
      <p data-testid="welcome">{welcome}</p>
    </>
  );
}

let mock: MockSallyport<Commands, Events>;
let kept: string[];
let open: number;
afterEach(() => {
  cleanup();
  mock.restore();
});

function broker() {
  kept = ["milk", "bread"];
  open = 0;
  const all = () => kept.map((text, index) => ({ id: index + 1, text }));
  mock = mockSallyport<Commands, Events>({
    cmd_list_notes: all,
    async *cmd_find_notes({ text }, signal) {
      open += 1;
      try {
        yield* all().filter((note) => note.text.includes(text));
        // As a stream that waits for more; it ends with its reader.
        await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      } finally {
        open -= 1;
      }
    },
  });
}

const show = (search: string) => (
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <Page search={search} />
    </QueryClientProvider>
  </StrictMode>
);
const shown = (id: string) => screen.getByTestId(id).textContent;

describe("a page over a mocked broker", () => {
  it("shows what there is, asks again when an event says so, and reads a channel", async () => {
    broker();
    render(show("m"));
    await waitFor(() => expect(shown("notes")).toBe("milk bread"));
    await waitFor(() => expect(shown("found")).toBe("milk"));
    const before = mock.callsOf("cmd_list_notes").length;
    kept.push("jam");
    mock.emit("evt_notes_changed", { count: 3 });
    await waitFor(() => expect(shown("notes")).toBe("milk bread jam"));
    expect(mock.callsOf("cmd_list_notes")).toHaveLength(before + 1);
    // @ts-expect-error: not what the event carries
    mock.emit("evt_notes_changed", { number: 3 });
    // @ts-expect-error: there is no such event
    expect(mock.listeners("evt_note_changed")).toBe(0);
  });

  it("leaves no listener and no channel, however often it comes and goes", async () => {
    broker();
    for (let time = 0; time < 50; time++) {
      const { unmount } = render(show("m"));
      if (time % 10 === 0) await waitFor(() => expect(shown("found")).toBe("milk"));
      unmount();
    }
    expect(mock.listeners("evt_notes_changed")).toBe(0);
    expect(mock.listeners("evt_welcome")).toBe(0);
    await waitFor(() => expect(open).toBe(0));
    render(show("m"));
    await waitFor(() => expect(mock.listeners("evt_welcome")).toBe(1));
    expect(mock.listeners("evt_notes_changed")).toBe(1);
  });

  it("hears what was sent before it listened, until it says that it is ready", async () => {
    broker();
    mock.emit("evt_welcome", "hello");
    render(show("m"));
    await waitFor(() => expect(shown("welcome")).toBe("hello"));
    await ready();
    expect(mock.isReady()).toBe(true);
  });
});
