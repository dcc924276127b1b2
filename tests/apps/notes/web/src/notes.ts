// The page: it asks the broker, and shows what it answers.
import { ready, SallyportError } from "@sallyport/api";

import {
  addNote,
  findNotes,
  listNotes,
  onNotesChanged,
  pickFiles,
  pickSaveFile,
  readPickedText,
  removeNote,
  writePickedText,
} from "./generated/commands";

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const TEXT_FILES = [{ name: "Text", extensions: ["txt"] }];

/** After each change, whoever made it: nothing else in this page asks for the list. */
async function show(): Promise<void> {
  const notes = await listNotes();
  element("notes").replaceChildren(
    ...notes.map(({ id, text }) => {
      const item = document.createElement("li");
      const remove = document.createElement("button");
      remove.textContent = "Remove";
      remove.onclick = attempt(() => removeNote({ id }));
      item.append(text, " ", remove);
      return item;
    }),
  );
}

let search = new AbortController();

/** The notes come one by one, as fast as they are shown; another search ends this one. */
async function find(text: string): Promise<void> {
  search.abort();
  const { signal } = (search = new AbortController());
  element("found").replaceChildren();
  if (text === "") return;
  try {
    for await (const note of findNotes({ text }, { signal })) {
      const item = document.createElement("li");
      item.textContent = note.text;
      element("found").append(item);
    }
  } catch (reason) {
    if (!signal.aborted) throw reason;
  }
}

/** One note a line. Nothing happens when the user closes the dialog. */
async function open(): Promise<void> {
  const [file] = (await pickFiles({ filters: TEXT_FILES })).files;
  if (file === undefined) return;
  const lines = (await readPickedText({ handle: file.handle })).split("\n");
  for (const text of lines.filter((line) => line !== "")) await addNote({ text });
}

async function save(): Promise<void> {
  const [file] = (await pickSaveFile({ name: "notes.txt", filters: TEXT_FILES })).files;
  if (file === undefined) return;
  const text = (await listNotes()).map((note) => `${note.text}\n`).join("");
  await writePickedText({ handle: file.handle, text });
  say(`Saved ${file.name}`);
}

function say(text: string): void {
  element("said").textContent = text;
}

/** A handler that shows why something did not work. */
function attempt(action: () => Promise<unknown>): () => void {
  return () => {
    say("");
    action().catch((reason: unknown) => say(SallyportError.from(reason).message));
  };
}

element<HTMLFormElement>("add").onsubmit = (event) => {
  event.preventDefault();
  const input = element<HTMLInputElement>("text");
  attempt(async () => {
    await addNote({ text: input.value });
    input.value = "";
  })();
};
element<HTMLInputElement>("find").oninput = (event) => {
  const { value } = event.target as HTMLInputElement;
  attempt(() => find(value))();
};
element("open").onclick = attempt(open);
element("save").onclick = attempt(save);

const changes = onNotesChanged(attempt(show), { onDropped: attempt(show) });
attempt(async () => {
  await changes.agreed;
  await ready();
  await show();
})();
