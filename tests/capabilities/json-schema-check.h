// The part of JSON Schema (draft 2020-12) that our published schemas use, for tests only. A keyword
// that it does not know fails the check, so that a schema cannot say more than is tested.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace sallyport::capabilities {

// Empty when the value is valid, else what is wrong.
std::string schemaProblem(const boost::json::value& schema, const boost::json::value& value);

}  // namespace sallyport::capabilities
