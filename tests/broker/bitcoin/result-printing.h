// Lets doctest take a Result in CHECK(): it prints whether there is a value, or the error's name.
#pragma once

#include <doctest/doctest.h>

#include "broker/bitcoin/result.h"

namespace doctest {
template <typename T>
struct StringMaker<boost::system::result<T, sallyport::bitcoin::Error>> {
  static String convert(const boost::system::result<T, sallyport::bitcoin::Error>& result) {
    return result ? "a value" : std::string(sallyport::bitcoin::errorName(result.error())).c_str();
  }
};
}  // namespace doctest
