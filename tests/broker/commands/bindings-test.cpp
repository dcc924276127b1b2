// The TypeScript that the bindings writer makes, word for word.
#include "broker/commands/bindings.h"

#include <doctest/doctest.h>

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/commands/module.h"
#include "broker/commands/registry.h"
#include "broker/wallet/types.h"

namespace {

using namespace sallyport::commands;

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct Transfer {
  BigInt work;
  std::vector<BigInt> parts;
  std::optional<BigInt> rest;
};
BOOST_DESCRIBE_STRUCT(Transfer, (), (work, parts, rest))

struct Picture {
  Bytes pixels;
  std::vector<Bytes> frames;
  std::optional<Bytes> mask;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Picture, (), (pixels, frames, mask, name))

struct Film {
  std::string name;
  LargeBytes data;
  std::vector<LargeBytes> scenes;
  std::optional<LargeBytes> sound;
};
BOOST_DESCRIBE_STRUCT(Film, (), (name, data, scenes, sound))

struct Block {
  std::string hash;
  std::vector<Transfer> transfers;
};
BOOST_DESCRIBE_STRUCT(Block, (), (hash, transfers))

enum class Long {
  A_RATHER_LONG_ENUMERATOR,
  ANOTHER_LONG_ENUMERATOR,
  THE_THIRD_AND_LONGEST_ENUMERATOR
};
BOOST_DESCRIBE_ENUM(Long,
                    A_RATHER_LONG_ENUMERATOR,
                    ANOTHER_LONG_ENUMERATOR,
                    THE_THIRD_AND_LONGEST_ENUMERATOR)

enum class Longer {
  A_RATHER_LONG_ENUMERATOR,
  ANOTHER_LONG_ENUMERATOR,
  THE_THIRD_LONG_ENUMERATOR,
  AND_FOURTH_ENUMERATOR
};
BOOST_DESCRIBE_ENUM(Longer,
                    A_RATHER_LONG_ENUMERATOR,
                    ANOTHER_LONG_ENUMERATOR,
                    THE_THIRD_LONG_ENUMERATOR,
                    AND_FOURTH_ENUMERATOR)

struct ARecordWithARatherLongNameOne {
  bool one;
};
BOOST_DESCRIBE_STRUCT(ARecordWithARatherLongNameOne, (), (one))

struct ARecordWithARatherLongNameTwo {
  bool two;
};
BOOST_DESCRIBE_STRUCT(ARecordWithARatherLongNameTwo, (), (two))

struct Mixed {
  Long kind;
  Longer other;
  std::optional<std::variant<ARecordWithARatherLongNameOne,
                             ARecordWithARatherLongNameTwo,
                             std::vector<std::string>,
                             bool,
                             Null>>
      either;
  std::optional<std::variant<ARecordWithARatherLongNameOne,
                             ARecordWithARatherLongNameTwo,
                             std::vector<std::string>,
                             std::vector<double>,
                             bool,
                             Null>>
      oneOf;
  std::vector<std::variant<std::int64_t, double, std::string>> items;
  std::optional<Null> nothing;
};
BOOST_DESCRIBE_STRUCT(Mixed, (), (kind, other, either, oneOf, items, nothing))

struct Circle {
  Tag<"circle"> kind;
  double size;
};
BOOST_DESCRIBE_STRUCT(Circle, (), (kind, size))

struct Square {
  Tag<"square"> kind;
  double size;
};
BOOST_DESCRIBE_STRUCT(Square, (), (kind, size))

struct Drawing {
  std::map<std::string, std::variant<Circle, Square>> figures;
  std::map<std::string, BigInt> sizes;
};
BOOST_DESCRIBE_STRUCT(Drawing, (), (figures, sizes))

struct Note {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Note, (), (text))

// Handlers are never called here.
template <typename Answer, typename Arguments>
Result<Answer> handle(const Caller&, Arguments) {
  return Answer{};
}

std::string bindingsOf(Module module) {
  std::vector<Module> modules;
  modules.push_back(std::move(module));
  return writeBindings(Registry::create(std::move(modules)).value());
}

// What every client with a converted type has.
const std::string JSON_TYPE = R"ts(
type Json<T> = T extends bigint | Uint8Array
  ? string
  : T extends (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;
)ts";

// Before the table of commands.
std::string clientOf(Module module) {
  const std::string text = bindingsOf(std::move(module));
  return text.substr(0, text.find("\n/** Every command's arguments and answer"));
}

TEST_CASE("wallet types become interfaces, unions and one documented function a command") {
  namespace wallet = sallyport::wallet;
  Module module{"wallet", "The wallet."};
  module.add("cmd_get_balance",
             "Tells what the active wallet, or one address, holds.",
             &handle<wallet::BalanceAnswer, wallet::GetBalance>);
  module.add("cmd_create_wallet", "Makes a wallet.", &handle<std::string, wallet::CreateWallet>);
  module.add("cmd_get_transaction_history",
             "Lists transactions.",
             &handle<std::vector<wallet::Tx>, wallet::GetTransactionHistory>);
  module.add("cmd_select_wallet", "Makes a wallet active.", &handle<Null, wallet::SelectWallet>);
  CHECK(clientOf(std::move(module)) ==
        R"ts(// Generated from the broker's commands (--emit-bindings); do not edit.
import { type CallOptions, expectShapes, invoke, isDevelopment } from "@sallyport/api";

export interface Balance {
  confirmed: number;
  incoming: number;
  change: number;
  immature: number;
  frozen: number;
}

export interface CreateWallet {
  name: string;
  network: Network;
  scriptType: ScriptType;
  words: number;
}

export type Direction = "incoming" | "outgoing" | "self";

export interface GetBalance {
  addr?: string;
}

export interface GetTransactionHistory {
  page?: number;
  limit?: number;
  filter?: string;
}

export type Network = "mainnet" | "testnet4" | "signet" | "regtest";

export type ScriptType = "p2wpkh" | "p2tr";

export interface SelectWallet {
  id: string;
}

export interface Tx {
  txid: string;
  direction: Direction;
  amount: number;
  fee?: number;
  confirmations: number;
  height?: number;
  time?: number;
  state: TxState;
  counterparties: string[];
  label?: string;
}

export type TxState = "pending" | "confirmed" | "replaced" | "conflicted";

/** Tells what the active wallet, or one address, holds. */
export function getBalance(
  args: GetBalance = {},
  options?: CallOptions,
): Promise<number | Balance> {
  return invoke<number | Balance>("cmd_get_balance", args, options);
}

/** Makes a wallet. */
export function createWallet(args: CreateWallet, options?: CallOptions): Promise<string> {
  return invoke<string>("cmd_create_wallet", args, options);
}

/** Lists transactions. */
export function getTransactionHistory(
  args: GetTransactionHistory = {},
  options?: CallOptions,
): Promise<Tx[]> {
  return invoke<Tx[]>("cmd_get_transaction_history", args, options);
}

/** Makes a wallet active. */
export function selectWallet(args: SelectWallet, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_select_wallet", args, options);
}
)ts");
}

TEST_CASE("64-bit integers are bigint, read from their decimal strings") {
  Module module{"chain", "A chain."};
  module.add("cmd_get_block", "Gives a block.", &handle<std::optional<Block>, Nothing>);
  CHECK(clientOf(std::move(module)) ==
        R"ts(// Generated from the broker's commands (--emit-bindings); do not edit.
import { type CallOptions, expectShapes, invoke, isDevelopment } from "@sallyport/api";

export interface Block {
  hash: string;
  transfers: Transfer[];
}

export type Nothing = Record<string, never>;

export interface Transfer {
  work: bigint;
  parts: bigint[];
  rest?: bigint;
}
)ts" + JSON_TYPE +
            R"ts(
function blockFromJson(json: Json<Block>): Block {
  return {
    ...json,
    transfers: json.transfers.map((item) => transferFromJson(item)),
  };
}

function transferFromJson(json: Json<Transfer>): Transfer {
  return {
    ...(json as Omit<Json<Transfer>, "rest">),
    work: BigInt(json.work),
    parts: json.parts.map((item) => BigInt(item)),
    ...(json.rest === undefined ? {} : { rest: BigInt(json.rest) }),
  };
}

/** Gives a block. */
export async function getBlock(args: Nothing = {}, options?: CallOptions): Promise<Block | null> {
  const json = await invoke<Json<Block | null>>("cmd_get_block", args, options);
  return json === null ? null : blockFromJson(json);
}
)ts");
}

TEST_CASE("bytes are Uint8Array in any field, read from their base64; a mock is given the texts") {
  Module module{"pictures", "Pictures."};
  module.add("cmd_turn_picture", "Turns it.", &handle<Picture, Picture>);
  const std::string text = bindingsOf(std::move(module));
  const auto has = [&](const std::string& part) { return text.find(part) != std::string::npos; };
  CHECK(has("import { type CallOptions, expectShapes, fromBase64, invoke, isDevelopment } from "));
  CHECK(has("  pixels: Uint8Array;\n  frames: Uint8Array[];\n  mask?: Uint8Array;\n"));
  CHECK(
      has("    pixels: fromBase64(json.pixels),\n"
          "    frames: json.frames.map((item) => fromBase64(item)),\n"
          "    ...(json.mask === undefined ? {} : { mask: fromBase64(json.mask) }),\n  };\n"));
  CHECK(has("  cmd_turn_picture: { args: Json<Picture>; answer: Picture };\n"));
  CHECK(has("{ pixels: \"bytes\", frames: { list: \"bytes\" }, \"mask?\": \"bytes\", name: "));
}

TEST_CASE("large bytes come beside the answer, and a page may give Blobs for them") {
  Module module{"films", "Films."};
  module.add("cmd_turn_film", "Turns it.", &handle<Film, Film>);
  module.add("cmd_get_sound", "Gets it.", &handle<LargeBytes, Nothing>);
  const std::string text = bindingsOf(std::move(module));
  const auto has = [&](const std::string& part) { return text.find(part) != std::string::npos; };
  CHECK(has("  isDevelopment,\n  largeBytes,\n  type WithBlobs,\n} from"));
  CHECK_FALSE(has("fromBase64"));
  CHECK(has("  data: Uint8Array;\n  scenes: Uint8Array[];\n  sound?: Uint8Array;\n"));
  CHECK(has("function filmFromJson(json: Json<Film>, bytes: readonly Uint8Array[]): Film {\n"));
  CHECK(
      has("    data: largeBytes(json.data, bytes),\n"
          "    scenes: json.scenes.map((item) => largeBytes(item, bytes)),\n"
          "    ...(json.sound === undefined ? {} : { sound: largeBytes(json.sound, bytes) }),\n"));
  CHECK(has(
      "export function turnFilm(args: WithBlobs<Film>, options?: CallOptions): Promise<Film> {\n"
      "  return invoke(\"cmd_turn_film\", args, options, (json: Json<Film>, bytes) =>"));
  CHECK(has("(json: Json<Uint8Array>, bytes) =>\n    largeBytes(json, bytes),\n  );\n"));
  CHECK(
      has("{ name: \"string\", data: \"large-bytes\", scenes: { list: \"large-bytes\" }, "
          "\"sound?\": \"large-bytes\" }"));
}

template <typename T>
Result<Stream<T>> handleStream(const Caller&, Nothing) {
  return Stream<T>([]() -> kj::Promise<Result<std::optional<T>>> {
    return Result<std::optional<T>>(std::nullopt);
  });
}

TEST_CASE("a command that streams becomes a channel of its items") {
  Module module{"count", "Counts."};
  module.add("cmd_count", "Counts on.", &handleStream<std::int32_t>);
  CHECK(clientOf(std::move(module)) ==
        R"ts(// Generated from the broker's commands (--emit-bindings); do not edit.
import {
  type Channel,
  type ChannelOptions,
  expectShapes,
  isDevelopment,
  openChannel,
} from "@sallyport/api";

export type Nothing = Record<string, never>;

/** Counts on. */
export function count(args: Nothing = {}, options?: ChannelOptions): Channel<number> {
  return openChannel<number>("cmd_count", args, options);
}
)ts");
}

TEST_CASE("items with 64-bit integers go through a reader, and calls and channels share a file") {
  Module module{"blocks", "Blocks."};
  module.add("cmd_watch_blocks", "Watches.", &handleStream<Transfer>);
  module.add("cmd_get_nothing", "Gets.", &handle<Nothing, Nothing>);
  const std::string text = bindingsOf(std::move(module));
  CHECK(text.find("  type ChannelOptions,\n  expectShapes,\n  invoke,\n") != std::string::npos);
  CHECK(text.find("cmd_watch_blocks: { args: Nothing; answer: Iterable<Transfer> | "
                  "AsyncIterable<Transfer> };") != std::string::npos);
  CHECK(text.find(R"ts(
/** Watches. */
export function watchBlocks(args: Nothing = {}, options?: ChannelOptions): Channel<Transfer> {
  return openChannel<Transfer>(
    "cmd_watch_blocks",
    args,
    options,
    (json: Json<Transfer>) => transferFromJson(json),
  );
}
)ts") != std::string::npos);
}

TEST_CASE("a stream that would run to its end without a page stops the start") {
  Module module{"count", "Counts."};
  module.add(
      "cmd_count", "Counts on.", &handleStream<std::int32_t>, {.onAbandon = OnAbandon::RUN_TO_END});
  std::vector<Module> modules;
  modules.push_back(std::move(module));
  CHECK_FALSE(Registry::create(std::move(modules)).has_value());
}

TEST_CASE("large bytes where nothing can come beside the text stop the start") {
  const auto wrong = [](Module module) {
    std::vector<Module> modules;
    modules.push_back(std::move(module));
    const auto registry = Registry::create(std::move(modules));
    return registry ? std::string() : format(registry.error());
  };
  Module items{"films", "Films."};
  items.add("cmd_watch_films", "Watches.", &handleStream<Film>);
  CHECK(wrong(std::move(items)).find("only an answer may hold them") != std::string::npos);
  Module stream{"films", "Films."};
  stream.add("cmd_watch_film", "Watches.", [](const Caller&, Film) -> Result<Stream<Note>> {
    return Error{Code::NOT_FOUND, ""};
  });
  CHECK(wrong(std::move(stream)).find("its arguments may not hold LargeBytes") !=
        std::string::npos);
  Emitter<Film> emitter;
  Module event{"films", "Films."};
  event.addEvent("evt_film", "A film.", emitter);
  CHECK(wrong(std::move(event)).find("only an answer may hold them") != std::string::npos);
}

TEST_CASE("long unions and calls are broken as Prettier breaks them") {
  Module module{"mixed", "Mixed."};
  module.add("cmd_an_unusually_long_name_for_a_command_that_reaches_the_edge",
             "A doc that is a little longer than a line of one hundred columns, "
             "so it needs a block of its own.",
             &handle<Mixed, Mixed>);
  CHECK(clientOf(std::move(module)) ==
        R"ts(// Generated from the broker's commands (--emit-bindings); do not edit.
import { type CallOptions, expectShapes, invoke, isDevelopment } from "@sallyport/api";

export interface ARecordWithARatherLongNameOne {
  one: boolean;
}

export interface ARecordWithARatherLongNameTwo {
  two: boolean;
}

export type Long =
  "a-rather-long-enumerator" | "another-long-enumerator" | "the-third-and-longest-enumerator";

export type Longer =
  | "a-rather-long-enumerator"
  | "another-long-enumerator"
  | "the-third-long-enumerator"
  | "and-fourth-enumerator";

export interface Mixed {
  kind: Long;
  other: Longer;
  either?:
    ARecordWithARatherLongNameOne | ARecordWithARatherLongNameTwo | string[] | boolean | null;
  oneOf?:
    | ARecordWithARatherLongNameOne
    | ARecordWithARatherLongNameTwo
    | string[]
    | number[]
    | boolean
    | null;
  items: (number | string)[];
  nothing?: null;
}

/**
 * A doc that is a little longer than a line of one hundred columns, so it needs a block of its own.
 */
export function anUnusuallyLongNameForACommandThatReachesTheEdge(
  args: Mixed,
  options?: CallOptions,
): Promise<Mixed> {
  return invoke<Mixed>(
    "cmd_an_unusually_long_name_for_a_command_that_reaches_the_edge",
    args,
    options,
  );
}
)ts");
}

TEST_CASE("a table names each command's types, and development builds get the shapes of answers") {
  Module module{"mixed", "Mixed."};
  module.add("cmd_mix", "Mixes.", &handle<Mixed, Nothing>);
  module.add("cmd_get_blocks", "Blocks.", &handle<std::optional<std::vector<Block>>, Mixed>);
  const std::string text = bindingsOf(std::move(module));
  CHECK(text.substr(text.find("\n/** Every command's")) ==
        R"ts(
/** Every command's arguments and answer, by its name: `mockSallyport<Commands>(…)`. */
// prettier-ignore
export interface Commands {
  cmd_mix: { args: Nothing; answer: Mixed };
  cmd_get_blocks: { args: Mixed; answer: Block[] | null };
}

// Development builds check what comes from the broker; a production build holds none of this.
// prettier-ignore
if (isDevelopment) {
  expectShapes({
    cmd_mix: "Mixed",
    cmd_get_blocks: { option: { list: "Block" } },
  }, {
    ARecordWithARatherLongNameOne: { one: "boolean" },
    ARecordWithARatherLongNameTwo: { two: "boolean" },
    Block: { hash: "string", transfers: { list: "Transfer" } },
    Long: ["a-rather-long-enumerator", "another-long-enumerator", "the-third-and-longest-enumerator"],
    Longer: ["a-rather-long-enumerator", "another-long-enumerator", "the-third-long-enumerator", "and-fourth-enumerator"],
    Mixed: { kind: "Long", other: "Longer", "either?": { oneOf: ["ARecordWithARatherLongNameOne", "ARecordWithARatherLongNameTwo", { list: "string" }, "boolean", "null"] }, "oneOf?": { oneOf: ["ARecordWithARatherLongNameOne", "ARecordWithARatherLongNameTwo", { list: "string" }, { list: "number" }, "boolean", "null"] }, items: { list: { oneOf: ["integer", "number", "string"] } }, "nothing?": "null" },
    Transfer: { work: "bigint", parts: { list: "bigint" }, "rest?": "bigint" },
  });
}
)ts");
}

TEST_CASE("tags make unions that TypeScript can tell apart, and maps are records") {
  Module module{"drawing", "Drawings."};
  module.add("cmd_draw", "Draws.", &handle<Drawing, Nothing>);
  const std::string text = bindingsOf(std::move(module));
  const auto has = [&](const std::string& part) { return text.find(part) != std::string::npos; };
  CHECK(has("export interface Circle {\n  kind: \"circle\";\n  size: number;\n}\n"));
  CHECK(has("  figures: Record<string, Circle | Square>;\n  sizes: Record<string, bigint>;\n"));
  CHECK(
      has("    sizes: Object.fromEntries(Object.entries(json.sizes).map(([name, item]) => [name, "
          "BigInt(item)])),\n"));
  CHECK(has("    Circle: { kind: [\"circle\"], size: \"number\" },\n"));
  CHECK(
      has("    Drawing: { figures: { map: { oneOf: [\"Circle\", \"Square\"] } }, sizes: { map: "
          "\"bigint\" } },\n"));
}

TEST_CASE("the same registry gives the same text") {
  const auto make = [] {
    Module module{"mixed", "Mixed."};
    module.add("cmd_mix", "Mixes.", &handle<Mixed, Mixed>);
    return bindingsOf(std::move(module));
  };
  CHECK(make() == make());
}

TEST_CASE("an event becomes a documented listener, with a reader where it holds 64-bit integers") {
  Emitter<Note> noted;
  Emitter<Transfer> moved;
  Module module{"notes", "Notes."};
  module.addEvent("evt_noted", "A note was made.", noted);
  module.addEvent("evt_moved", "Something moved.", moved);
  CHECK(bindingsOf(std::move(module)) ==
        R"ts(// Generated from the broker's commands (--emit-bindings); do not edit.
import {
  expectShapes,
  isDevelopment,
  listen,
  type Listener,
  type ListenOptions,
} from "@sallyport/api";

export interface Note {
  text: string;
}

export interface Transfer {
  work: bigint;
  parts: bigint[];
  rest?: bigint;
}
)ts" + JSON_TYPE +
            R"ts(
function transferFromJson(json: Json<Transfer>): Transfer {
  return {
    ...(json as Omit<Json<Transfer>, "rest">),
    work: BigInt(json.work),
    parts: json.parts.map((item) => BigInt(item)),
    ...(json.rest === undefined ? {} : { rest: BigInt(json.rest) }),
  };
}

/** A note was made. */
export function onNoted(handler: (event: Note) => void, options?: ListenOptions): Listener {
  return listen<Note>("evt_noted", handler, options);
}

/** Something moved. */
export function onMoved(handler: (event: Transfer) => void, options?: ListenOptions): Listener {
  return listen<Json<Transfer>>("evt_moved", (json) => handler(transferFromJson(json)), options);
}

/** What every event carries, by its name: `mockSallyport<Commands, Events>(…)`. */
// prettier-ignore
export interface Events {
  evt_noted: Note;
  evt_moved: Transfer;
}

// Development builds check what comes from the broker; a production build holds none of this.
// prettier-ignore
if (isDevelopment) {
  expectShapes({
    evt_noted: "Note",
    evt_moved: "Transfer",
  }, {
    Note: { text: "string" },
    Transfer: { work: "bigint", parts: { list: "bigint" }, "rest?": "bigint" },
  });
}
)ts");
}

}  // namespace
