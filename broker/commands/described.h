// Type descriptions of C++ types: BOOST_DESCRIBE'd structs and enums, vectors, maps by a string,
// optionals, variants, strings, bool, int32, int64, double, BigInt, Bytes, LargeBytes, Tag and
// Null. Anything else does not compile. Runs in the broker.
#pragma once

#include <boost/core/demangle.hpp>
#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include "broker/commands/large-bytes.h"
#include "broker/commands/naming.h"
#include "broker/commands/type.h"

namespace sallyport::commands {

// One description a type, built at first use and constant from then on.
template <typename T>
const Type& typeOf();

namespace described {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsMap : std::false_type {};
template <typename T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <typename T>
struct IsTag : std::false_type {};
template <TagText TEXT>
struct IsTag<Tag<TEXT>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsVariant : std::false_type {};
template <typename... T>
struct IsVariant<std::variant<T...>> : std::true_type {};

template <typename T>
constexpr bool NEVER = false;

template <typename T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}
template <typename T>
T& as(void* value) {
  return *static_cast<T*>(value);
}

// "sallyport::wallet::Balance" -> "Balance"
template <typename T>
std::string plainName() {
  const std::string full = boost::core::demangle(typeid(T).name());
  const std::size_t colon = full.rfind("::");
  return colon == std::string::npos ? full : full.substr(colon + 2);
}

template <typename T>
void describeInteger(Type& type) {
  type.getInteger = [](const void* value) { return static_cast<std::int64_t>(as<T>(value)); };
  type.setInteger = [](void* value, std::int64_t number) { as<T>(value) = static_cast<T>(number); };
}

template <typename T>
Type describeEnum() {
  Type type;
  type.kind = Kind::ENUMERATION;
  type.name = plainName<T>();
  describeInteger<T>(type);
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
    type.enumerators.push_back(
        {kebabCase(enumerator.name), static_cast<std::int64_t>(enumerator.value)});
  });
  return type;
}

template <typename T>
Type describeRecord() {
  static_assert(!std::is_polymorphic_v<T> && std::is_default_constructible_v<T>);
  Type type;
  type.kind = Kind::RECORD;
  type.name = plainName<T>();
  using Members = boost::describe::
      describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using Member = decltype(member);
    using Value = std::remove_reference_t<decltype(std::declval<T&>().*Member::pointer)>;
    type.fields.push_back(
        {Member::name,
         &typeOf<Value>,
         [](const void* record) -> const void* { return &(as<T>(record).*Member::pointer); },
         [](void* record) -> void* { return &(as<T>(record).*Member::pointer); }});
  });
  return type;
}

template <typename T>
Type describeList() {
  using Item = typename T::value_type;
  static_assert(!std::is_same_v<Item, bool>, "std::vector<bool> has no addressable items");
  static_assert(!IsOptional<Item>::value, "a list of optional items is not offered");
  Type type;
  type.kind = Kind::LIST;
  type.element = &typeOf<Item>;
  type.size = [](const void* list) { return as<T>(list).size(); };
  type.item = [](const void* list, std::size_t index) -> const void* {
    return &as<T>(list)[index];
  };
  type.append = [](void* list) -> void* { return &as<T>(list).emplace_back(); };
  return type;
}

template <typename T>
Type describeMap() {
  using Item = typename T::mapped_type;
  static_assert(!IsOptional<Item>::value, "a map of optional items is not offered");
  Type type;
  type.kind = Kind::MAP;
  type.element = &typeOf<Item>;
  type.entries = [](const void* map) {
    std::vector<std::pair<std::string_view, const void*>> entries;
    for (const auto& [name, item] : as<T>(map)) entries.emplace_back(name, &item);
    return entries;
  };
  type.insert = [](void* map, std::string_view name) -> void* {
    return &as<T>(map)[std::string(name)];
  };
  return type;
}

template <TagText TEXT>
Type describeTag(std::type_identity<Tag<TEXT>>) {
  Type type;
  type.kind = Kind::ENUMERATION;
  type.getInteger = [](const void*) -> std::int64_t { return 0; };
  type.setInteger = [](void*, std::int64_t) {};
  type.enumerators = {{std::string(TEXT.view()), 0}};
  return type;
}

template <typename T>
Type describeOption() {
  using Value = typename T::value_type;
  static_assert(!IsOptional<Value>::value, "an optional of an optional is not offered");
  Type type;
  type.kind = Kind::OPTION;
  type.element = &typeOf<Value>;
  type.held = [](const void* option) -> const void* {
    return as<T>(option) ? &*as<T>(option) : nullptr;
  };
  type.engage = [](void* option) -> void* { return &as<T>(option).emplace(); };
  return type;
}

template <typename... T>
Type describeChoice(std::type_identity<std::variant<T...>>) {
  using Choice = std::variant<T...>;
  static_assert((!IsOptional<T>::value && ...), "an optional inside a variant is not offered");
  Type type;
  type.kind = Kind::CHOICE;
  type.alternatives = {&typeOf<T>...};
  type.which = [](const void* choice) { return as<Choice>(choice).index(); };
  type.chosen = [](const void* choice) {
    return std::visit([](const auto& value) -> const void* { return &value; }, as<Choice>(choice));
  };
  type.choose = [](void* choice, std::size_t index) -> void* {
    return boost::mp11::mp_with_index<sizeof...(T)>(
        index, [&](auto i) -> void* { return &as<Choice>(choice).template emplace<i()>(); });
  };
  return type;
}

template <typename T>
Type describe() {
  Type type;
  if constexpr (std::is_same_v<T, Null>) {
    type.kind = Kind::NOTHING;
  } else if constexpr (std::is_same_v<T, bool>) {
    type.kind = Kind::BOOLEAN;
  } else if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::int32_t>) {
    constexpr bool WIDE = std::is_same_v<T, std::int64_t>;
    type.kind = Kind::INTEGER;
    type.least = WIDE ? -MAX_SAFE_INTEGER : std::numeric_limits<std::int32_t>::min();
    type.most = WIDE ? MAX_SAFE_INTEGER : std::numeric_limits<std::int32_t>::max();
    describeInteger<T>(type);
  } else if constexpr (std::is_same_v<T, BigInt>) {
    type.kind = Kind::BIG_INTEGER;
  } else if constexpr (std::is_same_v<T, Bytes>) {
    type.kind = Kind::BYTES;
  } else if constexpr (std::is_same_v<T, LargeBytes>) {
    type.kind = Kind::LARGE_BYTES;
  } else if constexpr (std::is_same_v<T, double>) {
    type.kind = Kind::NUMBER;
  } else if constexpr (std::is_same_v<T, std::string>) {
    type.kind = Kind::STRING;
  } else if constexpr (boost::describe::has_describe_enumerators<T>::value) {
    type = describeEnum<T>();
  } else if constexpr (IsVector<T>::value) {
    type = describeList<T>();
  } else if constexpr (IsMap<T>::value) {
    type = describeMap<T>();
  } else if constexpr (IsTag<T>::value) {
    type = describeTag(std::type_identity<T>());
  } else if constexpr (IsOptional<T>::value) {
    type = describeOption<T>();
  } else if constexpr (IsVariant<T>::value) {
    type = describeChoice(std::type_identity<T>());
  } else if constexpr (boost::describe::has_describe_members<T>::value) {
    type = describeRecord<T>();
  } else {
    static_assert(NEVER<T>,
                  "not a type that crosses to pages: describe it with BOOST_DESCRIBE_STRUCT");
  }
  return type;
}

}  // namespace described

template <typename T>
const Type& typeOf() {
  static const Type TYPE = described::describe<T>();
  return TYPE;
}

}  // namespace sallyport::commands
