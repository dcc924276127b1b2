// A window on the virtual display of a broker, as its user sees it.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/broker-process.h"

namespace sallyport::test {

// What the button in a title bar sends (ICCCM 4.1.7, WM_DELETE_WINDOW). title: how the window's
// begins. Throws when there is no such window in time.
void closeHostWindow(const BrokerProcess& broker, const std::string& title);

// A key of the user's in it, down and up; the name is X's ("F12", "a").
void pressKey(const BrokerProcess& broker, const std::string& title, const std::string& key);

// The colour of a point in it, from its corner: 0xRRGGBB. Of what is on the screen there.
std::uint32_t pixelAt(const BrokerProcess& broker, const std::string& title, int x, int y);

}  // namespace sallyport::test
