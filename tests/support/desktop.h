// The virtual display of a broker, as a person at it would use it.
#pragma once

#include <string>
#include <vector>

#include "tests/support/broker-process.h"

namespace sallyport::test {

class Desktop {
 public:
  explicit Desktop(const BrokerProcess& broker);

  // A program on that display, which must succeed; what it wrote.
  std::string run(std::vector<std::string> program) const;

  // A click into the first visible window whose title matches, in pixels from its corner.
  void click(const std::string& title, const std::string& x, const std::string& y) const;

 private:
  std::string m_display;
  std::string m_authority;
};

}  // namespace sallyport::test
