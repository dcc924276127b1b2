// The page: it asks the broker, and shows what it answers.
import { SallyportError } from "@sallyport/api";

import {
  addNote,
  listNotes,
  pickFiles,
  pickSaveFile,
  readPickedText,
  removeNote,
  writePickedText,
  type Note,
} from "./generated/commands";

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const TEXT_FILES = [{ name: "Text", extensions: ["txt"] }];

async function show(): Promise<Note[]> {
  const notes = await listNotes();
  element("notes").replaceChildren(
    ...notes.map(({ id, text }) => {
      const item = document.createElement("li");
      const remove = document.createElement("button");
      remove.textContent = "Remove";
      remove.onclick = attempt(() => removeNote({ id }).then(show));
      item.append(text, " ", remove);
      return item;
    }),
  );
  return notes;
}

/** One note a line. Nothing happens when the user closes the dialog. */
async function open(): Promise<void> {
  const [file] = (await pickFiles({ filters: TEXT_FILES })).files;
  if (file === undefined) return;
  const lines = (await readPickedText({ handle: file.handle })).split("\n");
  for (const text of lines.filter((line) => line !== "")) await addNote({ text });
  await show();
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
    await show();
  })();
};
element("open").onclick = attempt(open);
element("save").onclick = attempt(save);
attempt(show)();
