// The description of a type that crosses to pages, as data: one walk over it reads arguments, one
// writes results, one writes TypeScript. Made from described C++ types by described.h. Runs in the
// broker.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport::commands {

// For commands that answer with nothing: JSON null, TypeScript null.
using Null = std::monostate;

// A 64-bit integer that may exceed 2^53: a decimal string in JSON, bigint in TypeScript. A plain
// std::int64_t is a JSON number and refuses what a double cannot hold exactly.
struct BigInt {
  std::int64_t value = 0;
  friend bool operator==(const BigInt&, const BigInt&) = default;
};

// Any bytes: base64 in JSON (RFC 4648 section 4, padded, one spelling), Uint8Array in TypeScript.
// They count in that form towards the limits of a call and of an answer, so a field carries at most
// 384 KiB up and 768 KiB down; LargeBytes (large-bytes.h) carry more.
struct Bytes {
  std::vector<std::uint8_t> value;
  std::string_view view() const {
    return {reinterpret_cast<const char*>(value.data()), value.size()};
  }
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// The text of a Tag, as a template argument.
template <std::size_t SIZE>
struct TagText {
  constexpr TagText(const char (&text)[SIZE]) { std::copy_n(text, SIZE, value); }
  constexpr std::string_view view() const { return {value, SIZE - 1}; }
  char value[SIZE]{};
};

// A field that always holds this text, so that records in a variant can be told apart:
// struct Circle { Tag<"circle"> kind; double radius; }; is {kind: "circle", radius: number}.
template <TagText TEXT>
struct Tag {
  friend bool operator==(const Tag&, const Tag&) = default;
};

constexpr std::int64_t MAX_SAFE_INTEGER = 9'007'199'254'740'991;  // 2^53 - 1

enum class Kind {
  NOTHING,
  BOOLEAN,
  INTEGER,
  BIG_INTEGER,
  NUMBER,
  STRING,
  BYTES,
  LARGE_BYTES,
  ENUMERATION,
  LIST,
  MAP,
  OPTION,
  RECORD,
  CHOICE
};

struct Type;
// Types are looked up when they are walked, not when they are described, so a type may contain
// itself.
using TypeOf = const Type& (*)();

struct Field {
  std::string name;
  TypeOf type;
  const void* (*read)(const void* record);
  void* (*write)(void* record);
};

struct Enumerator {
  std::string text;  // "mainnet"
  std::int64_t value;
};

// Pointers to a value are untyped here and only here; described.h makes both sides from one C++
// type.
struct Type {
  Kind kind = Kind::NOTHING;
  std::string name;  // of a RECORD or ENUMERATION, without namespaces; empty for a Tag

  // INTEGER, ENUMERATION
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::int64_t (*getInteger)(const void*) = nullptr;
  void (*setInteger)(void*, std::int64_t) = nullptr;
  std::vector<Enumerator> enumerators;

  std::vector<Field> fields;  // RECORD, in order of declaration

  TypeOf element = nullptr;  // LIST, MAP, OPTION
  // LIST
  std::size_t (*size)(const void*) = nullptr;
  const void* (*item)(const void*, std::size_t) = nullptr;
  void* (*append)(void*) = nullptr;
  // MAP: names and values in order of the names; insert() gives the value of a name
  std::vector<std::pair<std::string_view, const void*>> (*entries)(const void*) = nullptr;
  void* (*insert)(void*, std::string_view) = nullptr;
  // OPTION: null when absent
  const void* (*held)(const void*) = nullptr;
  void* (*engage)(void*) = nullptr;

  // CHOICE
  std::vector<TypeOf> alternatives;
  std::size_t (*which)(const void*) = nullptr;
  const void* (*chosen)(const void*) = nullptr;
  void* (*choose)(void*, std::size_t) = nullptr;
};

}  // namespace sallyport::commands
