// Walks over type descriptions that more than one reader needs. Runs in the broker; pure.
#pragma once

#include <vector>

#include "broker/commands/type.h"

namespace sallyport::commands {

// The records and enumerations that a type reaches, itself included, each once, in the order met.
std::vector<const Type*> namedTypes(const Type& root);

// True when a BigInt, Bytes or LargeBytes are somewhere inside: a string or an index in JSON, and
// something else for a page.
bool reachesConverted(const Type& root);

// True when a CHOICE somewhere inside holds one of them: a page could not tell it from a string
// or a number.
bool hidesConverted(const Type& root);

// True when LargeBytes are somewhere inside.
bool reachesLargeBytes(const Type& root);

}  // namespace sallyport::commands
