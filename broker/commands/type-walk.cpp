// Depth-first, each type once: types may contain themselves. Runs in the broker; pure.
#include "broker/commands/type-walk.h"

#include <algorithm>
#include <initializer_list>

namespace sallyport::commands {
namespace {

void walk(const Type& type, std::vector<const Type*>& seen) {
  if (std::find(seen.begin(), seen.end(), &type) != seen.end()) {
    return;
  }
  seen.push_back(&type);
  for (const Field& field : type.fields) {
    walk(field.type(), seen);
  }
  for (const TypeOf alternative : type.alternatives) {
    walk(alternative(), seen);
  }
  if (type.element != nullptr) {
    walk(type.element(), seen);
  }
}

bool reaches(const Type& root, std::initializer_list<Kind> kinds) {
  std::vector<const Type*> seen;
  walk(root, seen);
  return std::any_of(seen.begin(), seen.end(), [&](const Type* type) {
    return std::find(kinds.begin(), kinds.end(), type->kind) != kinds.end();
  });
}

}  // namespace

std::vector<const Type*> namedTypes(const Type& root) {
  std::vector<const Type*> seen;
  walk(root, seen);
  std::erase_if(seen, [](const Type* type) { return type->name.empty(); });
  return seen;
}

bool reachesConverted(const Type& root) {
  return reaches(root, {Kind::BIG_INTEGER, Kind::BYTES, Kind::LARGE_BYTES});
}

bool reachesLargeBytes(const Type& root) { return reaches(root, {Kind::LARGE_BYTES}); }

bool hidesConverted(const Type& root) {
  std::vector<const Type*> seen;
  walk(root, seen);
  return std::any_of(seen.begin(), seen.end(), [](const Type* type) {
    return type->kind == Kind::CHOICE && reachesConverted(*type);
  });
}

}  // namespace sallyport::commands
